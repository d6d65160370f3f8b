import { Divider, Dropdown, DropdownItem, DropdownList, MenuToggle } from '@patternfly/react-core';
import EllipsisVIcon from '@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon';
import { useEffect, useRef, useState } from 'react';

export interface RowAction {
  label: string;
  onSelect: () => void;
  danger?: boolean;
  /** Shown under the label when the action cannot be used now. */
  unavailable?: string | undefined;
}

interface Props {
  label: string;
  /** Asked for when the menu opens. */
  actions: () => readonly RowAction[];
}

/** The kebab menu of a row or a page: only a button until somebody opens it, so that long tables stay light. */
export function RowActions({ label, actions }: Props) {
  const [wanted, setWanted] = useState(false);
  if (wanted) return <Menu label={label} actions={actions} />;
  return (
    <MenuToggle
      variant="plain"
      aria-label={label}
      aria-haspopup="menu"
      isExpanded={false}
      onClick={() => setWanted(true)}
      icon={<EllipsisVIcon />}
    />
  );
}

function Menu({ label, actions }: Props) {
  const [open, setOpen] = useState(false);
  const list = useRef<HTMLUListElement>(null);
  // Opened within the click that asked for it, the menu would take that click for one beside it and close again.
  useEffect(() => {
    const timer = setTimeout(() => setOpen(true));
    return () => clearTimeout(timer);
  }, []);
  // The button that was pressed is gone by now: the focus moves on into the menu that it opened.
  useEffect(() => {
    if (!open) return;
    const timer = setTimeout(() => list.current?.querySelector<HTMLElement>('[role="menuitem"]')?.focus());
    return () => clearTimeout(timer);
  }, [open]);
  return (
    <Dropdown
      isOpen={open}
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      popperProps={{ position: 'right' }}
      shouldFocusToggleOnSelect
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          variant="plain"
          aria-label={label}
          isExpanded={open}
          onClick={() => setOpen(!open)}
          icon={<EllipsisVIcon />}
        />
      )}
    >
      {open ? (
        <DropdownList ref={list}>
          {actions().map((action) => [
            action.danger ? <Divider key={`${action.label}-line`} component="li" /> : null,
            <DropdownItem
              key={action.label}
              isDanger={action.danger ?? false}
              isDisabled={action.unavailable !== undefined}
              description={action.unavailable}
              onClick={action.onSelect}
            >
              {action.label}
            </DropdownItem>,
          ])}
        </DropdownList>
      ) : null}
    </Dropdown>
  );
}
