import { Alert, AlertActionCloseButton, AlertGroup } from '@patternfly/react-core';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { messageOf } from '../lib/api-error.ts';

interface Toast {
  id: number;
  variant: 'success' | 'danger' | 'info';
  title: string;
  body?: ReactNode;
}

interface Toasts {
  succeed: (title: string, body?: ReactNode) => void;
  fail: (title: string, error: unknown) => void;
}

const Context = createContext<Toasts | undefined>(undefined);
let nextId = 1;

/** Short messages in a corner; read out by screen readers as they appear. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const add = useCallback((toast: Omit<Toast, 'id'>) => {
    const id = nextId++;
    setToasts((before) => [...before.slice(-3), { ...toast, id }]);
  }, []);
  const close = (id: number) => setToasts((before) => before.filter((each) => each.id !== id));
  const value = useMemo<Toasts>(
    () => ({
      succeed: (title, body) => add({ variant: 'success', title, body }),
      fail: (title, error) => add({ variant: 'danger', title, body: messageOf(error) }),
    }),
    [add],
  );
  return (
    <Context value={value}>
      {children}
      <AlertGroup isToast isLiveRegion aria-label="Messages">
        {toasts.map(({ id, variant, title, body }) => (
          <Alert
            key={id}
            variant={variant}
            title={title}
            timeout={variant === 'danger' ? false : 8000}
            onTimeout={() => close(id)}
            actionClose={<AlertActionCloseButton onClose={() => close(id)} />}
          >
            {body}
          </Alert>
        ))}
      </AlertGroup>
    </Context>
  );
}

export function useToasts(): Toasts {
  const toasts = useContext(Context);
  if (toasts === undefined) throw new Error('useToasts needs a ToastProvider above it.');
  return toasts;
}
