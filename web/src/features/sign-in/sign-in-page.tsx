import { Spinner } from '@patternfly/react-core';
import { useEffect } from 'react';
import { hasApiCode } from '../../lib/api-error.ts';
import { Failure } from '../../ui/states.tsx';
import { SignInHelp } from './sign-in-help.tsx';
import { useSignIn } from './use-sign-in.ts';

/** Exchanges the one-time code for a session and goes where the person wanted. */
export function SignInPage({ takeCode }: { takeCode: () => string | undefined }) {
  const signIn = useSignIn();
  const { mutate } = signIn;
  useEffect(() => {
    const start = () => {
      const code = takeCode();
      if (code !== undefined) mutate(code);
    };
    start();
    window.addEventListener('hashchange', start);
    return () => window.removeEventListener('hashchange', start);
  }, [takeCode, mutate]);

  if (signIn.isPending || signIn.isSuccess) {
    return (
      <main className="bs-alone">
        <Spinner aria-label="Signing in" />
      </main>
    );
  }
  if (signIn.error !== null && !hasApiCode(signIn.error, 'sign_in_code_invalid')) {
    return (
      <main className="bs-alone">
        <Failure error={signIn.error} title="Signing in did not work" retry={() => mutate(signIn.variables)} />
      </main>
    );
  }
  return <SignInHelp usedLink={signIn.error !== null} signIn={mutate} />;
}
