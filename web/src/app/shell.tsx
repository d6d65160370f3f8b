import { Alert, Page, PageSidebar, PageSidebarBody, SkipToContent } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { Outlet, useLocation } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef } from 'react';
import { hasApiCode } from '../lib/api-error.ts';
import { LiveProvider, useLiveState } from '../lib/live.tsx';
import { sessionQuery } from '../lib/queries/cluster.ts';
import { useSession } from '../lib/session.ts';
import { Failure, Loading } from '../ui/states.tsx';
import { ConsoleMasthead } from './masthead.tsx';
import { Navigation } from './navigation.tsx';
import { useSidebar } from './use-sidebar.ts';

const SignInNeeded = lazy(() =>
  import('../features/sign-in/sign-in-needed.tsx').then((module) => ({ default: module.SignInNeeded })),
);

/** Everything behind the sign-in: navigation, the live stream, and the page. */
export function Shell() {
  const session = useQuery(sessionQuery());
  const signedOut = hasApiCode(session.error, 'sign_in_required');
  if (session.data !== undefined && !signedOut) {
    return (
      <LiveProvider>
        <Frame />
      </LiveProvider>
    );
  }
  if (signedOut) {
    return (
      <Suspense>
        <SignInNeeded />
      </Suspense>
    );
  }
  if (session.error !== null) {
    return (
      <main className="bs-alone">
        <Failure error={session.error} retry={() => void session.refetch()} title="Backstay does not answer" />
      </main>
    );
  }
  return <Loading label="Loading Backstay" />;
}

function LiveBanner() {
  const { cluster } = useSession();
  const lost = useLiveState() === 'lost';
  if (!lost && cluster.stale) {
    return (
      <Alert variant="warning" isInline title="Backstay cannot follow the cluster at the moment" isLiveRegion>
        What you see may be old. It goes on by itself as soon as the cluster answers.
      </Alert>
    );
  }
  if (!lost) return null;
  return (
    <Alert
      variant="warning"
      isInline
      title="The connection was lost. What you see may be old; trying again."
      isLiveRegion
    />
  );
}

/** Moves the focus to the page after a navigation, so that keyboard and screen reader start there. */
function useFocusOnPage(): void {
  const path = useLocation({ select: ({ pathname }) => pathname });
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    document.getElementById('main')?.focus({ preventScroll: true });
  }, [path]);
}

function Frame() {
  useFocusOnPage();
  const sidebar = useSidebar();
  return (
    <Page
      masthead={<ConsoleMasthead sidebarOpen={sidebar.open} onToggle={sidebar.toggle} />}
      sidebar={
        <PageSidebar isSidebarOpen={sidebar.open} id="sidebar">
          <PageSidebarBody>{sidebar.open ? <Navigation /> : null}</PageSidebarBody>
        </PageSidebar>
      }
      mainContainerId="main"
      skipToContent={<SkipToContent href="#main">Skip to the page</SkipToContent>}
    >
      <LiveBanner />
      <Outlet />
    </Page>
  );
}
