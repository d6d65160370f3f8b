import { Alert, Card, CardBody, CardTitle, ClipboardCopy, Content } from '@patternfly/react-core';
import { useEffect } from 'react';
import { TokenForm } from './token-form.tsx';

interface SignInHelpProps {
  /** The proof that was tried is of no use any more. */
  usedLink: boolean;
  signIn: (token: string) => void;
}

/** How to get a sign-in link, and a field for a token. */
export function SignInHelp({ usedLink, signIn }: SignInHelpProps) {
  useEffect(() => {
    document.title = 'Sign in - Backstay';
  }, []);
  return (
    <main className="bs-alone">
      <Card className="bs-sign-in">
        <CardTitle component="h1">
          <span className="bs-brand">
            <img src="/favicon.svg" alt="" width="28" height="28" />
            Sign in to Backstay
          </span>
        </CardTitle>
        <CardBody>
          {usedLink ? (
            <Alert
              variant="warning"
              isInline
              title="This link was used already, or is too old"
              className="bs-gap-below"
            >
              Each link signs in one browser, once. Print a new one as shown below.
            </Alert>
          ) : null}
          <Content className="bs-gap-below">
            <p>
              Backstay signs you in with a one-time link; there is no password. In the folder that you started it from,
              run
            </p>
          </Content>
          <ClipboardCopy isReadOnly hoverTip="Copy" clickTip="Copied" textAriaLabel="Command" className="bs-gap-below">
            npm run -s backstay -- sign-in
          </ClipboardCopy>
          <Content className="bs-gap-below">
            <p>and open the link that it prints. This page then goes on by itself in the new tab.</p>
          </Content>
          <TokenForm signIn={signIn} />
        </CardBody>
      </Card>
    </main>
  );
}
