/** Name, labels and time (seconds) of the image, from release.yaml. */
export function readRelease(root: string): { image: string; epoch: number; labels: Record<string, string> };
