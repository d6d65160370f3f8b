import { useLocation } from '@tanstack/react-router';
import { useEffect } from 'react';
import { rememberWanted } from '../../lib/sign-in-code.ts';
import { SignInHelp } from './sign-in-help.tsx';

/** Stands in place of a page while nobody is signed in; remembers the page. */
export function SignInNeeded() {
  const wanted = useLocation({ select: ({ href }) => href });
  useEffect(() => rememberWanted(wanted), [wanted]);
  return <SignInHelp usedLink={false} />;
}
