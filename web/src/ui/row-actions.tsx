import { Divider, Dropdown, DropdownItem, DropdownList, MenuToggle } from '@patternfly/react-core';
import EllipsisVIcon from '@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon';
import { useState } from 'react';

export interface RowAction {
  label: string;
  onSelect: () => void;
  danger?: boolean;
  /** Shown under the label when the action cannot be used now. */
  unavailable?: string | undefined;
}

/** The kebab menu of a row or a page. Its items exist only while it is open, so that long tables stay light. */
export function RowActions({ label, actions }: { label: string; actions: readonly RowAction[] }) {
  const [open, setOpen] = useState(false);
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
        <DropdownList>
          {actions.map((action) => [
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
