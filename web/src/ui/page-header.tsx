import { Breadcrumb, Content, PageSection, Title } from '@patternfly/react-core';
import { type ReactNode, useEffect } from 'react';

interface Props {
  title: string;
  /** Breadcrumb items, nearest last. */
  crumbs?: ReactNode;
  /** Beside the title, e.g. a state label. */
  badge?: ReactNode;
  subtitle?: ReactNode;
  actions?: ReactNode;
}

export function PageHeader({ title, crumbs, badge, subtitle, actions }: Props) {
  useEffect(() => {
    document.title = `${title} - Backstay`;
  }, [title]);
  return (
    <PageSection className="bs-header" hasBodyWrapper={false}>
      {crumbs === undefined ? null : <Breadcrumb>{crumbs}</Breadcrumb>}
      <div className="bs-header__row">
        <div className="bs-header__text">
          <div className="bs-header__title">
            <Title headingLevel="h1">{title}</Title>
            {badge}
          </div>
          {subtitle === undefined ? null : (
            <Content component="p" className="bs-subtle">
              {subtitle}
            </Content>
          )}
        </div>
        {actions === undefined ? null : <div className="bs-header__actions">{actions}</div>}
      </div>
    </PageSection>
  );
}
