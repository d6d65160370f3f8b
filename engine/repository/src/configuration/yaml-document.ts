import { isMap, isScalar, Lexer, parseDocument, visit } from 'yaml';
import { MisconfiguredError } from './misconfigured-error.ts';

const limits = { flowDepth: 64, indentation: 512, indicatorsOfLine: 64, aliases: 100, tags: 100, lines: 20_000 };

/** Counts what makes a parser slow or deep, before one runs. */
class Guard {
  #flowDepth = 0;
  #indicators = 0;
  #indentation = 0;
  #aliases = 0;
  #tags = 0;
  #lines = 0;

  /** What is too much. Undefined: nothing so far. */
  take(lexeme: string): string | undefined {
    switch (lexeme[0]) {
      case '[':
      case '{':
        this.#flowDepth += 1;
        break;
      case ']':
      case '}':
        this.#flowDepth -= 1;
        break;
      case '-':
      case '?':
        this.#indicators += lexeme.length === 1 ? 1 : 0;
        break;
      case ' ':
        this.#indentation = Math.max(this.#indentation, lexeme.length);
        break;
      case '*':
        this.#aliases += 1;
        break;
      case '!':
        this.#tags += 1;
        break;
      case '\n':
      case '\r':
        this.#indicators = 0;
        this.#lines += 1;
        break;
      default:
    }
    return this.#excess();
  }

  #excess(): string | undefined {
    const depths = [
      this.#flowDepth - limits.flowDepth,
      this.#indicators - limits.indicatorsOfLine,
      this.#indentation - limits.indentation,
    ];
    if (depths.some((excess) => excess > 0)) {
      return 'is nested too deeply';
    }
    if (this.#aliases > limits.aliases) {
      return 'repeats itself too often by YAML aliases';
    }
    return this.#tags > limits.tags || this.#lines > limits.lines ? 'has too many tags or lines' : undefined;
  }
}

const refuseBombs = (text: string, label: string): void => {
  const guard = new Guard();
  for (const lexeme of new Lexer().lex(text)) {
    const excess = guard.take(lexeme);
    if (excess !== undefined) {
      throw new MisconfiguredError(`${label} ${excess}`);
    }
  }
};

/** The parser's own search compares every key with every other. */
const refuseDoubleKeys = (document: ReturnType<typeof parseDocument>, label: string): void => {
  visit(document, {
    Map: (_key, map) => {
      const keys = isMap(map) ? map.items.map((pair) => (isScalar(pair.key) ? pair.key.value : pair.key)) : [];
      if (new Set(keys).size !== keys.length) {
        throw new MisconfiguredError(`${label} has a key twice`);
      }
    },
  });
};

/**
 * Reads one YAML document that may be hostile: takes time and memory in proportion to the text, or throws a
 * MisconfiguredError that begins with `label`.
 */
export const parseYamlDocument = (text: string, label: string): unknown => {
  refuseBombs(text, label);
  const parsed = parseDocument(text, { schema: 'core', uniqueKeys: false, prettyErrors: false, logLevel: 'error' });
  if (parsed.errors.length > 0) {
    throw new MisconfiguredError(`${label} is no YAML document`);
  }
  refuseDoubleKeys(parsed, label);
  try {
    return parsed.toJS({ maxAliasCount: limits.aliases });
  } catch {
    throw new MisconfiguredError(`${label} repeats itself too often by YAML aliases`);
  }
};
