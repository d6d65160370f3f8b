import {
  Button,
  MenuToggle,
  type MenuToggleElement,
  Select,
  SelectList,
  SelectOption,
  TextInputGroup,
  TextInputGroupMain,
  TextInputGroupUtilities,
} from '@patternfly/react-core';
import TimesIcon from '@patternfly/react-icons/dist/esm/icons/times-icon';
import { type KeyboardEvent, type Ref, useMemo, useState } from 'react';

export interface Choice {
  value: string;
  label?: string;
  description?: string;
}

interface Props {
  id: string;
  label: string;
  value: string;
  choices: readonly Choice[];
  onChange: (value: string) => void;
  placeholder?: string;
  invalid?: boolean;
  describedBy?: string | undefined;
  clearable?: boolean;
}

/** No list renders more than this at once; typing narrows it. */
const shownAtMost = 50;

const textOf = (choice: Choice): string => choice.label ?? choice.value;

function found(choices: readonly Choice[], typed: string): Choice[] {
  const words = typed.toLowerCase().split(/[\s/_]+/);
  return choices.filter((choice) => {
    const text = `${choice.value} ${textOf(choice)}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function useSearch({ value, choices, onChange }: Pick<Props, 'value' | 'choices' | 'onChange'>) {
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState<string>();
  const [active, setActive] = useState(0);
  const matching = useMemo(() => found(choices, typed ?? ''), [choices, typed]);
  const shown = matching.slice(0, shownAtMost);
  const chosen = choices.find((choice) => choice.value === value);
  const close = () => {
    setOpen(false);
    setTyped(undefined);
  };
  const choose = (next: string) => {
    onChange(next);
    close();
  };
  const show = () => {
    setActive(
      Math.max(
        0,
        shown.findIndex((choice) => choice.value === value),
      ),
    );
    setOpen(true);
  };
  const move = (by: number) => {
    if (!open) return show();
    setActive((index) => (shown.length === 0 ? 0 : (index + by + shown.length) % shown.length));
  };
  const enter = () => {
    const choice = shown[active];
    if (open && choice !== undefined) choose(choice.value);
    else show();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Tab') return close();
    if (event.key === 'ArrowDown') move(1);
    else if (event.key === 'ArrowUp') move(-1);
    else if (event.key === 'Enter') enter();
    else return;
    event.preventDefault();
  };
  const onType = (text: string) => {
    setTyped(text);
    setActive(0);
    setOpen(true);
  };
  const text = typed ?? (chosen === undefined ? value : textOf(chosen));
  return { open, shown, hidden: matching.length - shown.length, active, text, choose, close, show, onKeyDown, onType };
}

/** A combobox with search, for lists of any length. */
export function SearchSelect({ id, label, value, choices, onChange, placeholder, ...more }: Props) {
  const search = useSearch({ value, choices, onChange });
  const active = search.shown[search.active];
  const toggle = (ref: Ref<MenuToggleElement>) => (
    <MenuToggle
      ref={ref}
      variant="typeahead"
      isFullWidth
      isExpanded={search.open}
      onClick={search.open ? search.close : search.show}
      aria-label={`${label}: show the choices`}
      {...(more.invalid ? { status: 'danger' as const } : {})}
    >
      <TextInputGroup isPlain>
        <TextInputGroupMain
          value={search.text}
          onClick={search.show}
          onChange={(_, text) => search.onType(text)}
          onKeyDown={search.onKeyDown}
          onFocus={(event) => (event.target as HTMLInputElement).select?.()}
          placeholder={placeholder ?? ''}
          autoComplete="off"
          role="combobox"
          isExpanded={search.open}
          aria-label={label}
          aria-controls={`${id}-list`}
          inputProps={{
            id,
            'aria-label': label,
            'aria-invalid': more.invalid === true,
            'aria-describedby': more.describedBy,
          }}
          {...(search.open && active !== undefined ? { 'aria-activedescendant': `${id}-${active.value}` } : {})}
        />
        {more.clearable && value !== '' ? (
          <TextInputGroupUtilities>
            <Button
              variant="plain"
              icon={<TimesIcon />}
              aria-label={`Clear ${label}`}
              onClick={() => search.choose('')}
            />
          </TextInputGroupUtilities>
        ) : null}
      </TextInputGroup>
    </MenuToggle>
  );
  return (
    <Select
      isOpen={search.open}
      selected={value}
      onSelect={(_, next) => search.choose(String(next))}
      onOpenChange={(open) => (open ? undefined : search.close())}
      toggle={toggle}
      variant="typeahead"
      isScrollable
      maxMenuHeight="18rem"
    >
      <SelectList id={`${id}-list`} aria-label={label}>
        {search.open
          ? search.shown.map((choice, index) => (
              <SelectOption
                key={choice.value}
                id={`${id}-${choice.value}`}
                value={choice.value}
                isFocused={index === search.active}
                description={choice.description}
              >
                {textOf(choice)}
              </SelectOption>
            ))
          : null}
        {search.open && search.shown.length === 0 ? (
          <SelectOption isDisabled value="" key="nothing">
            Nothing matches
          </SelectOption>
        ) : null}
        {search.hidden > 0 ? (
          <SelectOption isDisabled value="" key="more">
            {search.hidden} more: type to narrow
          </SelectOption>
        ) : null}
      </SelectList>
    </Select>
  );
}
