import '@patternfly/react-core/dist/styles/base.css';
import './ui/styles.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { createQueryClient } from './app/query-client.ts';
import { createAppRouter } from './app/router.tsx';
import { takeSignInCode } from './lib/sign-in-code.ts';
import { followTheme } from './lib/theme.ts';

// Before anything else runs, so that the code is in no history entry and in no other script's sight.
let signInCode = takeSignInCode();
const takeOnce = (): string | undefined => {
  const code = signInCode ?? takeSignInCode();
  signInCode = undefined;
  return code;
};

followTheme();
const queryClient = createQueryClient();
const router = createAppRouter({ queryClient, takeSignInCode: takeOnce });
const container = document.getElementById('root');
if (container === null) throw new Error('index.html has no #root.');
createRoot(container).render(
  <StrictMode>
    <App queryClient={queryClient} router={router} />
  </StrictMode>,
);
