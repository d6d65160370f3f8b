import { Button, ExpandableSection, Form, FormGroup, TextInput } from '@patternfly/react-core';
import { useState } from 'react';

/** For a console in a cluster: people have a token instead of a link. */
export function TokenForm({ signIn }: { signIn: (token: string) => void }) {
  const [token, setToken] = useState('');
  const trimmed = token.trim();
  return (
    <ExpandableSection toggleText="With a token of a Kubernetes cluster">
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          if (trimmed !== '') signIn(trimmed);
        }}
      >
        <FormGroup label="Token" fieldId="token">
          <TextInput
            id="token"
            type="password"
            autoComplete="off"
            value={token}
            onChange={(_event, value) => setToken(value)}
          />
        </FormGroup>
        <Button type="submit" isDisabled={trimmed === ''}>
          Sign in
        </Button>
      </Form>
    </ExpandableSection>
  );
}
