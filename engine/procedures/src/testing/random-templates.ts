import fc from 'fast-check';

const oneOf = fc.constantFrom;
const blank = oneOf(' ', ' ', ' ', '  ', '\n', '\t');

/** Fields of `fixtures/go-template/data.json`, and some that do not exist. */
const fields = [
  '.t',
  '.f',
  '.n',
  '.zero',
  '.neg',
  '.list',
  '.nums',
  '.empty',
  '.emptymap',
  '.s',
  '.u',
  '.es',
  '.nul',
  '.nested',
].concat(
  [
    '.nested.a.b',
    '.nested.a.nul',
    '.fl',
    '.small',
    '.big',
    '.huge',
    '.bigfl',
    '.tenth',
    '.mixed',
    '.Z',
    '.ä',
    '.html',
    '.lines',
    '.spaced',
  ],
  [
    '.Params',
    '.Params.port',
    '.Params.user',
    '.Params.password',
    '.nope',
    '.s.x',
    '.nul.x',
    '.n.y',
    '.',
    '$',
    '$x',
    '$y',
    '$.n',
    '$x.n',
  ],
);
const literals = [
  '0',
  '1',
  '2',
  '-1',
  '+3',
  '07',
  '0x1F',
  '0b11',
  '0o17',
  '1_000',
  '1e3',
  '1.5',
  '.5',
  '-0.0',
  '1e-7',
  '1e30',
  "'a'",
].concat([
  "'\\n'",
  "'ż'",
  "'\\x41'",
  '"str"',
  '""',
  '"a\\tb\\"c"',
  '"ż\\u2028"',
  '`raw "q" \\n`',
  'true',
  'false',
  'nil',
  '"n"',
  '"a"',
  '"<&>\'"',
  '9223372036854775807',
]);
const functions = [
  'and',
  'or',
  'not',
  'len',
  'index',
  'slice',
  'print',
  'println',
  'html',
  'js',
  'urlquery',
  'call',
  'eq',
  'ne',
  'lt',
].concat(['le', 'gt', 'ge', 'replace', 'findreplace', 'trim', 'hasKey', 'default']);

const flags = fc.array(oneOf('-', '+', '#', ' ', '0'), { maxLength: 3 }).map((all) => all.join(''));
const size = oneOf('', '', '1', '3', '7', '12', '*', '[1]*', '[2]*');
const precision = oneOf('', '', '', '.', '.0', '.1', '.3', '.10', '.*', '.[2]*');
const verbs = oneOf(...'vvvsdqxXtTcUbobOeEfFgG%wz!ż');
const directive = fc
  .tuple(flags, size, precision, oneOf('', '', '', '', '[1]', '[2]', '[3]', '[0]', '[x]'), verbs)
  .map((parts) => `%${parts.join('')}`);
const format = fc.array(
  fc.oneof({ weight: 3, arbitrary: directive }, { weight: 1, arbitrary: oneOf('a', ' ', 'ż', '%%', '%') }),
  {
    minLength: 1,
    maxLength: 3,
  },
);

const operand = fc.letrec<{ operand: string; call: string; pipeline: string }>((tie) => ({
  operand: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'template' },
    { weight: 6, arbitrary: oneOf(...fields) },
    { weight: 5, arbitrary: oneOf(...literals) },
    { weight: 3, arbitrary: tie('pipeline').map((text) => `(${text})`) },
    {
      weight: 1,
      arbitrary: fc.tuple(tie('pipeline'), oneOf('.a', '.nope', '.a.b')).map(([text, path]) => `(${text})${path}`),
    },
  ),
  call: fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(oneOf(...functions), fc.array(tie('operand'), { maxLength: 3 }))
        .map(([name, args]) => [name, ...args].join(' ')),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(format, fc.array(tie('operand'), { maxLength: 3 }))
        .map(([text, args]) => ['printf', JSON.stringify(text.join('')), ...args].join(' ')),
    },
  ),
  pipeline: fc
    .tuple(fc.oneof(tie('operand'), tie('call')), fc.array(tie('call'), { maxLength: 1 }))
    .map(([first, rest]) => [first, ...rest].join(' | ')),
}));

const open = oneOf('{{', '{{', '{{', '{{- ', '{{-\n');
const close = oneOf('}}', '}}', '}}', ' -}}', '\n-}}');
const action = (content: fc.Arbitrary<string>) =>
  fc.tuple(open, blank, content, close).map(([before, space, text, after]) => `${before}${space}${text}${after}`);
const end = action(fc.constant('end'));

const plainText = oneOf(
  ...['text', ' \n ', 'ż', '}}', '{ {', '\t', '{{/* c */}}', '{{- /* c\n */ -}}', '{{ /* no */ }}', '{{/* x */ 1}}'],
);
const assignment = fc
  .tuple(oneOf('$x', '$y', '$z'), oneOf(':=', ':=', '='), operand.pipeline)
  .map((all) => all.join(' '));
const misplaced = oneOf(
  ...[
    'break',
    'continue',
    'else',
    'end',
    'template "t" .',
    'template "u"',
    'template "no"',
    'else if .t',
    '',
    'nil',
    '. .n',
  ],
  ...['3 4', '| len', '.n |'],
);

const branch = (body: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(oneOf('if', 'with', 'range'), oneOf('', '', '$x := ', '$i, $x := ', '$x = '), operand.pipeline, body)
    .chain(([word, variables, pipeline, inside]) => {
      const otherwise = fc
        .tuple(action(oneOf('else', 'else', `else ${word === 'range' ? 'if' : word} .n`)), body)
        .map((two) => two.join(''));
      return fc
        .tuple(action(fc.constant(`${word} ${variables}${pipeline}`)), fc.oneof(fc.constant(''), otherwise), end)
        .map(([first, second, last]) => first + inside + second + last);
    });

const loop = (body: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      action(oneOf('range .list', 'range $i, $x := .mixed', 'range 3', 'range $x := .nums')),
      body,
      action(oneOf('if eq . "b"', 'if $x', 'if true')),
      oneOf('break', 'continue'),
      body,
    )
    .map(([first, inside, condition, word, rest]) => `${first}${inside}${condition}{{${word}}}{{end}}${rest}{{end}}`);

const definition = (body: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(oneOf('define "t"', 'define "u"', 'block "b" .n', 'block "t" .'), body)
    .map(([head, inside]) => `{{${head}}}${inside}{{end}}`);

const node = fc.letrec<{ node: string; body: string }>((tie) => ({
  body: fc.array(tie('node'), { maxLength: 3 }).map((parts) => parts.join('')),
  node: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'body' },
    { weight: 8, arbitrary: action(operand.pipeline) },
    { weight: 4, arbitrary: plainText },
    { weight: 2, arbitrary: action(assignment) },
    { weight: 1, arbitrary: action(misplaced) },
    { weight: 3, arbitrary: branch(tie('body')) },
    { weight: 2, arbitrary: loop(tie('body')) },
    { weight: 1, arbitrary: definition(tie('body')) },
  ),
}));

/** Go would loop over a large number for hours. */
const isLong = (text: string): boolean =>
  text.includes('range') && /huge|big|1_000|9223372036854775807|'[ażn]'|\\n'|x41/.test(text);

/** Texts of Go templates: most of them make sense, some nearly. */
export const randomTemplate: fc.Arbitrary<string> = fc
  .oneof(
    { weight: 4, arbitrary: fc.array(node.node, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(oneOf('{{ $x := .n }}{{ $y := .list }}', '{{ $x := .Params }}{{ $y := "y" }}'), node.body)
        .map((two) => two.join('')),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(format, fc.array(oneOf(...fields, ...literals), { maxLength: 3 }))
        .map(([text, args]) => `{{ printf ${[JSON.stringify(text.join('')), ...args].join(' ')} }}`),
    },
  )
  .filter((text) => !isLong(text));
