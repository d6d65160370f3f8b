import {
  Alert,
  Button,
  Form,
  FormGroup,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextInput,
} from '@patternfly/react-core';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { messageOf } from '../lib/api-error.ts';

interface Props {
  title: string;
  children: ReactNode;
  /** What the button says: a verb and its object. */
  action: string;
  /** Has to be typed before the button works. */
  typed?: string;
  busy: boolean;
  error?: unknown;
  onConfirm: () => void;
  onClose: () => void;
}

export function ConfirmDialog({ title, children, action, typed, busy, error, onConfirm, onClose }: Props) {
  const [text, setText] = useState('');
  const id = useId();
  const ready = typed === undefined || text === typed;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready && !busy) onConfirm();
  };
  return (
    <Modal isOpen variant="small" onClose={onClose} aria-labelledby={`${id}-title`} aria-describedby={`${id}-body`}>
      <ModalHeader title={title} labelId={`${id}-title`} titleIconVariant="warning" />
      <ModalBody id={`${id}-body`}>
        <Form id={`${id}-form`} onSubmit={submit}>
          <div>{children}</div>
          {typed === undefined ? null : (
            <FormGroup
              label={
                <>
                  Type <strong>{typed}</strong> to confirm
                </>
              }
              fieldId={`${id}-typed`}
            >
              <TextInput
                id={`${id}-typed`}
                value={text}
                onChange={(_, value) => setText(value)}
                autoComplete="off"
                spellCheck={false}
                autoFocus
              />
            </FormGroup>
          )}
          {error === undefined || error === null ? null : (
            <Alert variant="danger" isInline title="That did not work">
              {messageOf(error)}
            </Alert>
          )}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button variant="danger" type="submit" form={`${id}-form`} isDisabled={!ready || busy} isLoading={busy}>
          {action}
        </Button>
        <Button variant="link" onClick={onClose}>
          Keep it
        </Button>
      </ModalFooter>
    </Modal>
  );
}
