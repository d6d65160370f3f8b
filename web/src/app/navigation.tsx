import '@patternfly/patternfly/components/Nav/nav.css';
import { Link } from '@tanstack/react-router';

const pages = [
  { to: '/', title: 'Overview' },
  { to: '/schedules', title: 'Schedules' },
  { to: '/jobs', title: 'Jobs' },
  { to: '/backups', title: 'Backups' },
  { to: '/restore', title: 'Restore' },
  { to: '/settings', title: 'Settings' },
] as const;

/** PatternFly's navigation as plain markup: its React part brings popovers that this list does not need. */
export function Navigation() {
  return (
    <nav className="pf-v6-c-nav" aria-label="Pages">
      <ul className="pf-v6-c-nav__list">
        {pages.map(({ to, title }) => (
          <li key={to} className="pf-v6-c-nav__item">
            <Link
              to={to}
              className="pf-v6-c-nav__link"
              activeOptions={{ exact: to === '/', includeSearch: false }}
              activeProps={{ className: 'pf-m-current' }}
            >
              <span className="pf-v6-c-nav__link-text">{title}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
