import { Button, type ButtonProps } from '@patternfly/react-core';
import { createLink } from '@tanstack/react-router';

/** A link that looks like a button. */
export const LinkButton = createLink((props: ButtonProps) => <Button component="a" {...props} />);
