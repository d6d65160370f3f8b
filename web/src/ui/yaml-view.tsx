import { Button } from '@patternfly/react-core';
import CopyIcon from '@patternfly/react-icons/dist/esm/icons/copy-icon';
import DownloadIcon from '@patternfly/react-icons/dist/esm/icons/download-icon';
import { useState } from 'react';
import { saveBlob } from '../lib/download.ts';

const linePattern = /^(\s*(?:- )*)([^\s:#'"][^:#]*?)(:)(\s.*|$)/;

/** One line as text nodes; keys and comments get a colour. */
function YamlLine({ line }: { line: string }) {
  if (/^\s*#/.test(line)) return <span className="bs-yaml__comment">{line}</span>;
  const match = linePattern.exec(line);
  if (match === null) return <>{line}</>;
  const [, indent, key, colon, rest] = match;
  return (
    <>
      {indent}
      <span className="bs-yaml__key">{key}</span>
      {colon}
      {rest}
    </>
  );
}

export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <Button variant="link" icon={<CopyIcon />} onClick={() => void copy()}>
      {copied ? 'Copied' : label}
    </Button>
  );
}

/** Read-only YAML with copy and download. */
export function YamlView({ yaml, fileName, label }: { yaml: string; fileName: string; label: string }) {
  const lines = yaml.replace(/\n$/, '').split('\n');
  const save = () => saveBlob(new Blob([yaml], { type: 'application/yaml' }), fileName);
  return (
    <div className="bs-yaml">
      <div className="bs-yaml__bar">
        <CopyButton text={yaml} />
        <Button variant="link" icon={<DownloadIcon />} onClick={save}>
          Download
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard. */}
      <section className="bs-yaml__scroll" aria-label={label} tabIndex={0}>
        <pre>
          {lines.map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line has no other identity than its place.
            <span className="bs-yaml__line" key={index}>
              <YamlLine line={line} />
              {'\n'}
            </span>
          ))}
        </pre>
      </section>
    </div>
  );
}
