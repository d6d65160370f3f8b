import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { OverviewPage } from '../features/overview/overview-page.tsx';
import { jobSearch, newScheduleSearch, restoreSearch, scheduleDetailSearch, scheduleSearch } from '../lib/search.ts';
import { Loading } from '../ui/states.tsx';
import { NotFound, PageFailure } from './page-states.tsx';
import { Shell } from './shell.tsx';

interface Context {
  queryClient: QueryClient;
  /** The one-time code of the sign-in link; gives it once. */
  takeSignInCode: () => string | undefined;
}

const root = createRootRouteWithContext<Context>()({ notFoundComponent: NotFound });

const SignInPage = lazyRouteComponent(() => import('../features/sign-in/sign-in-page.tsx'), 'SignInPage');

const signIn = createRoute({ getParentRoute: () => root, path: '/sign-in', component: SignIn });

function SignIn() {
  const { takeSignInCode } = signIn.useRouteContext();
  return <SignInPage takeCode={takeSignInCode} />;
}

const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell, notFoundComponent: NotFound });

const overview = createRoute({ getParentRoute: () => shell, path: '/', component: OverviewPage });

const schedules = createRoute({
  getParentRoute: () => shell,
  path: '/schedules',
  validateSearch: scheduleSearch,
  component: lazyRouteComponent(() => import('../features/schedules/schedules-page.tsx'), 'SchedulesPage'),
});

const newSchedule = createRoute({
  getParentRoute: () => shell,
  path: '/schedules/new',
  validateSearch: newScheduleSearch,
  component: lazyRouteComponent(() => import('../features/schedule-wizard/wizard-page.tsx'), 'WizardPage'),
});

const schedule = createRoute({
  getParentRoute: () => shell,
  path: '/schedules/$namespace/$name',
  validateSearch: scheduleDetailSearch,
  component: lazyRouteComponent(() => import('../features/schedules/schedule-page.tsx'), 'SchedulePage'),
});

const jobs = createRoute({
  getParentRoute: () => shell,
  path: '/jobs',
  validateSearch: jobSearch,
  component: lazyRouteComponent(() => import('../features/jobs/jobs-page.tsx'), 'JobsPage'),
});

const startingJob = createRoute({
  getParentRoute: () => shell,
  path: '/jobs/starting/$namespace/$action',
  component: lazyRouteComponent(() => import('../features/jobs/starting-page.tsx'), 'StartingPage'),
});

const job = createRoute({
  getParentRoute: () => shell,
  path: '/jobs/$namespace/$name',
  component: lazyRouteComponent(() => import('../features/jobs/job-page.tsx'), 'JobPage'),
});

const backups = createRoute({
  getParentRoute: () => shell,
  path: '/backups',
  component: lazyRouteComponent(() => import('../features/backups/backups-page.tsx'), 'BackupsPage'),
});

const collection = createRoute({
  getParentRoute: () => shell,
  path: '/backups/$collection',
  component: lazyRouteComponent(() => import('../features/backups/collection-page.tsx'), 'CollectionPage'),
});

const restore = createRoute({
  getParentRoute: () => shell,
  path: '/restore',
  validateSearch: restoreSearch,
  component: lazyRouteComponent(() => import('../features/restore/restore-page.tsx'), 'RestorePage'),
});

const settings = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  component: lazyRouteComponent(() => import('../features/settings/settings-page.tsx'), 'SettingsPage'),
});

const routeTree = root.addChildren([
  signIn,
  shell.addChildren([
    overview,
    schedules,
    newSchedule,
    schedule,
    jobs,
    startingJob,
    job,
    backups,
    collection,
    restore,
    settings,
  ]),
]);

export const createAppRouter = (context: Context) =>
  createRouter({
    routeTree,
    context,
    defaultPreload: 'intent',
    defaultPendingComponent: () => <Loading />,
    defaultErrorComponent: PageFailure,
    scrollRestoration: true,
    scrollToTopSelectors: ['#main'],
  });

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
