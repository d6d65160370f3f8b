import { useLocation } from '@tanstack/react-router';
import { useEffect } from 'react';
import { rememberWanted } from '../../lib/sign-in-code.ts';
import { SignInHelp } from './sign-in-help.tsx';
import { useSignIn } from './use-sign-in.ts';

/** Stands in place of a page while nobody is signed in; remembers the page. */
export function SignInNeeded() {
  const wanted = useLocation({ select: ({ href }) => href });
  useEffect(() => rememberWanted(wanted), [wanted]);
  const { mutate, isError } = useSignIn();
  return <SignInHelp usedLink={isError} signIn={mutate} />;
}
