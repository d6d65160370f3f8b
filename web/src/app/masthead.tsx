import { sessionRoutes } from '@backstay/shared';
import {
  Dropdown,
  DropdownItem,
  DropdownList,
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadMain,
  MastheadToggle,
  MenuToggle,
  PageToggleButton,
} from '@patternfly/react-core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../lib/api.ts';
import { sessionKey } from '../lib/queries/cluster.ts';
import { useSession } from '../lib/session.ts';
import { chooseTheme, isDark, type Theme, useTheme } from '../lib/theme.ts';
import { useToasts } from '../ui/toasts.tsx';

export function ConsoleMasthead({ sidebarOpen, onToggle }: { sidebarOpen: boolean; onToggle: () => void }) {
  const { cluster } = useSession();
  return (
    <Masthead display={{ default: 'inline' }}>
      <MastheadMain>
        <MastheadToggle>
          <PageToggleButton
            isHamburgerButton
            aria-label="Navigation"
            aria-controls="sidebar"
            isSidebarOpen={sidebarOpen}
            onSidebarToggle={onToggle}
          />
        </MastheadToggle>
        <MastheadBrand>
          <Link to="/" className="bs-brand">
            <img src="/favicon.svg" alt="" width="28" height="28" />
            <span>Backstay</span>
          </Link>
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent>
        <div className="bs-masthead">
          <span className="bs-masthead__cluster" title={`Kubernetes ${cluster.version}`}>
            {cluster.mode === 'local' ? 'This machine' : cluster.name}
          </span>
          <span className="bs-masthead__theme">
            <ThemeMenu />
          </span>
          <PersonMenu />
        </div>
      </MastheadContent>
    </Masthead>
  );
}

const themes: { theme: Theme; title: string }[] = [
  { theme: 'system', title: 'As the system' },
  { theme: 'light', title: 'Light' },
  { theme: 'dark', title: 'Dark' },
];

function ThemeMenu() {
  const [open, setOpen] = useState(false);
  const theme = useTheme();
  return (
    <Dropdown
      isOpen={open}
      onOpenChange={setOpen}
      onSelect={(_, chosen) => {
        chooseTheme(chosen as Theme);
        setOpen(false);
      }}
      shouldFocusToggleOnSelect
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          variant="plainText"
          isExpanded={open}
          onClick={() => setOpen(!open)}
          aria-label={`Colours: ${isDark() ? 'dark' : 'light'}`}
        >
          {isDark() ? 'Dark' : 'Light'}
        </MenuToggle>
      )}
    >
      <DropdownList>
        {themes.map((each) => (
          <DropdownItem key={each.theme} value={each.theme} isSelected={theme === each.theme}>
            {each.title}
          </DropdownItem>
        ))}
      </DropdownList>
    </Dropdown>
  );
}

function PersonMenu() {
  const [open, setOpen] = useState(false);
  const { user } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const toasts = useToasts();
  const signOut = useMutation({
    mutationFn: () => call(sessionRoutes.signOut),
    onSuccess: async () => {
      await navigate({ to: '/' });
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
      await client.resetQueries({ queryKey: sessionKey });
    },
    onError: (error) => toasts.fail('You are still signed in', error),
  });
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
          variant="plainText"
          isExpanded={open}
          onClick={() => setOpen(!open)}
          aria-label={`Signed in as ${user.name}`}
        >
          <span className="bs-masthead__person">{user.name}</span>
        </MenuToggle>
      )}
    >
      <DropdownList>
        <DropdownItem onClick={() => void navigate({ to: '/settings' })}>Settings</DropdownItem>
        <DropdownItem onClick={() => signOut.mutate()}>Sign out</DropdownItem>
      </DropdownList>
    </Dropdown>
  );
}
