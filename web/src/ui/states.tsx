import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  Skeleton,
} from '@patternfly/react-core';
import ExclamationCircleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon';
import type { ComponentType, ReactNode } from 'react';
import { ApiError, messageOf } from '../lib/api-error.ts';

/** Grey lines in place of what is loading. */
export function Loading({ rows = 6, label = 'Loading' }: { rows?: number; label?: string }) {
  return (
    <div className="bs-loading" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => `line-${index}`).map((key, index) => (
        <Skeleton key={key} width={`${92 - ((index * 17) % 40)}%`} height="1.25rem" />
      ))}
    </div>
  );
}

export function Failure({ error, retry, title = 'This could not be loaded' }: FailureProps) {
  const requestId = error instanceof ApiError ? error.requestId : undefined;
  return (
    <EmptyState status="danger" icon={ExclamationCircleIcon} titleText={title} headingLevel="h2" variant="sm">
      <EmptyStateBody>
        {messageOf(error)}
        {requestId === undefined ? null : <div className="bs-subtle bs-small">Request {requestId}</div>}
      </EmptyStateBody>
      {retry === undefined ? null : (
        <EmptyStateFooter>
          <EmptyStateActions>
            <Button variant="secondary" onClick={retry}>
              Try again
            </Button>
          </EmptyStateActions>
        </EmptyStateFooter>
      )}
    </EmptyState>
  );
}

interface FailureProps {
  error: unknown;
  retry?: (() => void) | undefined;
  title?: string;
}

interface NothingProps {
  title: string;
  icon?: ComponentType;
  children: ReactNode;
  actions?: ReactNode;
}

export function Nothing({ title, icon, children, actions }: NothingProps) {
  return (
    <EmptyState titleText={title} headingLevel="h2" variant="sm" {...(icon === undefined ? {} : { icon })}>
      <EmptyStateBody>{children}</EmptyStateBody>
      {actions === undefined ? null : (
        <EmptyStateFooter>
          <EmptyStateActions>{actions}</EmptyStateActions>
        </EmptyStateFooter>
      )}
    </EmptyState>
  );
}

interface Query<Data> {
  data: Data | undefined;
  error: unknown;
  refetch: () => unknown;
}

interface QueryViewProps<Data> {
  query: Query<Data>;
  loading?: ReactNode;
  children: (data: Data) => ReactNode;
}

/** Loading, error with retry, or data. Data that was loaded before stays on the screen when a refresh fails. */
export function QueryView<Data>({ query, loading, children }: QueryViewProps<Data>) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error !== null && query.error !== undefined) {
    return <Failure error={query.error} retry={() => void query.refetch()} />;
  }
  return <>{loading ?? <Loading />}</>;
}
