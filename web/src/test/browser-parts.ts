/** The parts of a browser that jsdom leaves out. */

const query = (media: string): MediaQueryList =>
  Object.assign(new EventTarget(), {
    matches: false,
    media,
    onchange: null,
    addListener: () => undefined,
    removeListener: () => undefined,
  });

class SilentObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

/** A stream that a test speaks on. */
export class TestEventSource extends EventTarget {
  static latest: TestEventSource | undefined;
  readyState = 0;
  readonly url: string;

  constructor(url: string) {
    super();
    this.url = url;
    TestEventSource.latest = this;
  }

  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }

  say(type: string, data: unknown): void {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
  }

  fail(readyState: 0 | 2): void {
    this.readyState = readyState;
    this.dispatchEvent(new Event('error'));
  }

  close(): void {
    this.readyState = 2;
  }
}

export function addBrowserParts(): void {
  window.matchMedia = query;
  window.scrollTo = () => undefined;
  Element.prototype.scrollIntoView = () => undefined;
  Element.prototype.scrollTo = () => undefined;
  Object.assign(globalThis, { ResizeObserver: SilentObserver, EventSource: TestEventSource });
}
