import type { Problem } from '@backstay/shared';
import { Button, FormHelperText, HelperText, HelperTextItem } from '@patternfly/react-core';
import { useState } from 'react';
import { YamlEditor } from '../../ui/yaml-editor.tsx';
import { CopyButton } from '../../ui/yaml-view.tsx';
import { useValues } from './wizard-context.tsx';

interface Mistake {
  line: number | undefined;
  message: string;
}

/** Where the text is no YAML. The parser is loaded only when somebody edits. */
async function findMistakes(text: string): Promise<Mistake[]> {
  const { parseDocument } = await import('yaml');
  return parseDocument(text).errors.map((error) => ({
    line: error.linePos?.[0].line,
    message: error.message.split('\n')[0] ?? error.message,
  }));
}

const lineIn = (message: string): number | undefined => {
  const digits = /\bline (\d+)/i.exec(message)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

interface Props {
  original: string;
  problems: readonly Problem[];
  onDone: () => void;
}

/** The ScheduledBackup by hand. What is typed is kept; it reaches the plan with "Check". */
export function ManifestEditor({ original, problems, onDone }: Props) {
  const { values, patch } = useValues();
  const [text, setText] = useState(values.manifest === '' ? original : values.manifest);
  const [mistakes, setMistakes] = useState<readonly Mistake[]>([]);
  const refused = problems
    .filter(({ field }) => field === '' || field.startsWith('manifest'))
    .map(({ message }) => ({ line: lineIn(message), message }));
  const shown = mistakes.length > 0 ? mistakes : values.manifest === text ? refused : [];
  const check = async () => {
    const found = await findMistakes(text);
    setMistakes(found);
    if (found.length === 0) patch({ manifest: text });
  };
  const discard = () => {
    patch({ manifest: '' });
    onDone();
  };
  return (
    <div className="bs-stack bs-stack--tight">
      <div className="bs-yaml__bar">
        <Button variant="secondary" size="sm" onClick={() => void check()}>
          Check the edited YAML
        </Button>
        <Button variant="link" size="sm" onClick={discard}>
          Use the form again
        </Button>
        <CopyButton text={text} />
      </div>
      <YamlEditor
        label="ScheduledBackup as YAML"
        value={text}
        onChange={setText}
        badLines={new Set(shown.flatMap(({ line }) => (line === undefined ? [] : [line])))}
        describedBy="manifest-help"
      />
      <FormHelperText>
        <HelperText id="manifest-help" aria-live="polite">
          {shown.map(({ line, message }) => (
            <HelperTextItem key={`${line} ${message}`} variant="error">
              {line === undefined ? '' : `Line ${line}: `}
              {message}
            </HelperTextItem>
          ))}
          <HelperTextItem>
            {text === values.manifest
              ? 'This text is what will be applied. Changes in the earlier steps do not reach it.'
              : 'Not checked yet: what will be applied is the last text that was checked.'}
          </HelperTextItem>
        </HelperText>
      </FormHelperText>
    </div>
  );
}
