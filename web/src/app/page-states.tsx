import { Button, EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from '@patternfly/react-core';
import ExclamationCircleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon';
import SearchIcon from '@patternfly/react-icons/dist/esm/icons/search-icon';
import type { ErrorComponentProps } from '@tanstack/react-router';
import { LinkButton } from '../ui/links.tsx';

export function NotFound() {
  return (
    <EmptyState titleText="There is no such page" icon={SearchIcon} headingLevel="h1">
      <EmptyStateBody>The address may be mistyped, or what it showed is gone.</EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <LinkButton to="/" variant="primary">
            Go to the overview
          </LinkButton>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}

/** A new version of the console was installed while this tab stood open: its files are no longer there. */
const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const isStale = (error: unknown): boolean =>
  /dynamically imported module|Importing a module script/.test(wordsOf(error));

export function PageFailure({ error, reset }: ErrorComponentProps) {
  const stale = isStale(error);
  return (
    <EmptyState
      status="danger"
      titleText={stale ? 'This page needs to be loaded again' : 'This page broke'}
      icon={ExclamationCircleIcon}
      headingLevel="h1"
    >
      <EmptyStateBody>
        {stale
          ? 'Part of the page could not be loaded. Backstay was restarted or updated.'
          : `Nothing was changed in your cluster by this. What the browser said: ${wordsOf(error)}`}
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button onClick={() => (stale ? window.location.reload() : reset())}>
            {stale ? 'Load it again' : 'Try again'}
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}
