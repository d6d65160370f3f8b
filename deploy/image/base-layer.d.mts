interface Recipe {
  suite: string;
  sources: readonly string[];
  packages: readonly string[];
  user?: { name: string; id: number; home: string };
}

/** A tar of a small Debian with the packages of a recipe, from the cache or made now; resolves to its path. */
export function baseLayer(recipe: Recipe, now?: number): string;
