/**
 * Writes src/engine/ops.generated.ts: one typed TypeScript function for each operator in operators.ts, from the schemas that
 * the loaded libtorch reports. Run it with `npm run generate`; a test fails when the file is stale.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { native, type OperatorSchema, type SchemaArgument } from '../src/engine/bridge.js';
import { OPERATORS } from './operators.js';

export const TARGET = fileURLToPath(new URL('../src/engine/ops.generated.ts', import.meta.url));

interface Overload {
  index: number;
  operator: string;
  schema: OperatorSchema;
}

/** How one schema type looks in TypeScript, and how its value is handed to the bridge. */
interface Conversion {
  type: string;
  encode: (value: string) => string;
}

/** `other`, `options.weight`: the last word. */
const nameOf = (value: string): string => value.split('.').at(-1)!;

const plain = (type: string): Conversion => ({ type, encode: (value) => value });

const CONVERSIONS: Record<string, Conversion> = {
  Tensor: { type: 'Tensor', encode: (value) => `idOf(${value}, '${nameOf(value)}')` },
  'Tensor?': { type: 'Tensor | null', encode: (value) => `optionalId(${value}, '${nameOf(value)}')` },
  'Tensor[]': { type: 'readonly Tensor[]', encode: (value) => `idsOf(${value}, '${nameOf(value)}')` },
  'Tensor?[]': { type: 'readonly (Tensor | null)[]', encode: (value) => `idsOf(${value}, '${nameOf(value)}')` },
  Scalar: plain('Scalar'),
  'Scalar?': plain('Scalar | null'),
  'Scalar[]': plain('readonly Scalar[]'),
  int: plain('number'),
  float: plain('number'),
  bool: plain('boolean'),
  str: plain('string'),
  'int?': plain('number | null'),
  'float?': plain('number | null'),
  'bool?': plain('boolean | null'),
  'str?': plain('string | null'),
  'float[]': plain('readonly number[]'),
  'float[]?': plain('readonly number[] | null'),
  'bool[]': plain('readonly boolean[]'),
  'int[]': plain('readonly number[]'),
  'int[]?': plain('readonly number[] | null'),
  ScalarType: { type: 'DType', encode: (value) => `dtypeCode(${value})` },
  'ScalarType?': { type: 'DType', encode: (value) => `dtypeCode(${value})` },
  'MemoryFormat?': { type: 'MemoryFormat', encode: (value) => `memoryFormatCode(${value})` },
  MemoryFormat: { type: 'MemoryFormat', encode: (value) => `memoryFormatCode(${value})` },
  'Device?': plain('Device'),
  'Generator?': { type: 'GeneratorHandle', encode: (value) => `${value}?.handle` },
};

/** Arguments that no caller here needs; the operator's default stands. */
const HIDDEN = new Set(['layout', 'pin_memory']);

function conversionOf(argument: SchemaArgument): Conversion {
  const type = argument.type.replaceAll('SymInt', 'int').replaceAll('number', 'Scalar').replaceAll('Optional', '');
  const conversion = CONVERSIONS[type];
  if (conversion === undefined) throw new Error(`No TypeScript type for ${argument.type} of ${argument.name}`);
  if (argument.isFixedLength && conversion.type.startsWith('readonly number[]'))
    return { ...conversion, type: `number | ${conversion.type}` };
  return conversion;
}

function camelCase(name: string): string {
  const isInPlace = name.endsWith('_');
  const words = name.replace(/^_+|_+$/g, '').split('_');
  const joined =
    words[0] +
    words
      .slice(1)
      .map((word) => word[0]!.toUpperCase() + word.slice(1))
      .join('');
  return joined + (isInPlace ? '_' : '');
}

const RESERVED = new Set(['var', 'with', 'in', 'function', 'default', 'this']);
const local = (name: string): string => (RESERVED.has(name) ? `${name}_` : camelCase(name));

interface Signature {
  positional: SchemaArgument[];
  keywords: SchemaArgument[];
  firstOptional: number;
}

function signatureOf(schema: OperatorSchema, isMethod: boolean): Signature {
  const visible = schema.arguments.filter((argument) => !HIDDEN.has(argument.name));
  const positional = visible.filter((argument) => !argument.isKeywordOnly).slice(isMethod ? 1 : 0);
  const keywords = visible.filter((argument) => argument.isKeywordOnly);
  let firstOptional = positional.length;
  while (firstOptional > 0 && isOptional(positional[firstOptional - 1]!)) firstOptional--;
  return { positional, keywords, firstOptional };
}

const isOptional = (argument: SchemaArgument): boolean => argument.hasDefault || argument.type.endsWith('?');

function returnType(schema: OperatorSchema): { type: string; wrap: (call: string) => string } {
  const types = schema.returns.map((value) => value.type);
  if (types.length === 0) return { type: 'void', wrap: (call) => call };
  if (types.length === 1 && types[0] === 'Tensor') return { type: 'Tensor', wrap: (call) => `one(${call})` };
  if (types.length === 1 && types[0] === 'Tensor[]') return { type: 'Tensor[]', wrap: (call) => `many(${call})` };
  if (types.every((type) => type === 'Tensor')) {
    const tuple = `[${schema.returns.map((value) => (value.name ? `${local(value.name)}: Tensor` : 'Tensor')).join(', ')}]`;
    return { type: tuple, wrap: (call) => `many(${call}) as ${tuple}` };
  }
  if (types.length === 1 && types[0] === 'bool') return { type: 'boolean', wrap: (call) => `${call} as boolean` };
  throw new Error(`No TypeScript type for the results ${types.join(', ')}`);
}

/** Operators that store a number in a tensor: it must be one that the dtype holds. */
const STORING = new Set([
  'aten::full',
  'aten::full_like',
  'aten::fill_.Scalar',
  'aten::masked_fill.Scalar',
  'aten::masked_fill_.Scalar',
  'aten::index_fill_.int_Scalar',
  'aten::scatter.value',
  'aten::scatter_.value',
]);

/** Operators that convert a number to the dtype of an integer tensor and go wrong when it wraps; sums and products do not. */
const CONVERTING = new Set(
  ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'remainder', 'floor_divide']
    .map((name) => `aten::${name}.Scalar`)
    .concat(['', '_'].flatMap((end) => ['clamp', 'clamp_min', 'clamp_max'].map((name) => `aten::${name}${end}`))),
);

/** The statement before the call of an operator that makes a whole range of numbers. */
const RANGE_CHECKS: Record<string, string> = {
  'aten::arange.start_step': 'storedRange(start, end, step, options.dtype);',
};

function checkedNumber(operator: string, schema: OperatorSchema, value: string, isMethod: boolean): string {
  const self = isMethod ? 'this.id' : 'self.id';
  if (CONVERTING.has(operator)) return `operand(${value}, ${self}, '${value}')`;
  if (!STORING.has(operator)) return value;
  const hasSelf = schema.arguments[0]!.name === 'self';
  const hasDtype = schema.arguments.some(({ name }) => name === 'dtype');
  const target = [...(hasDtype ? ['options.dtype'] : []), ...(hasSelf ? [self] : [])].join(' ?? ');
  return `stored(${value}, ${target}, '${value}')`;
}

function callOf({ index, operator, schema }: Overload, isMethod: boolean): string {
  const values = schema.arguments.map((argument, position) => {
    if (HIDDEN.has(argument.name)) return 'undefined';
    if (isMethod && position === 0) return 'this.id';
    const name = argument.isKeywordOnly ? `options.${camelCase(argument.name)}` : local(argument.name);
    const { type, encode } = conversionOf(argument);
    return type.startsWith('Scalar') ? checkedNumber(operator, schema, name, isMethod) : encode(name);
  });
  while (values.at(-1) === 'undefined') values.pop();
  return `native().call(${[`operator(${index}, NAMES)`, ...values].join(', ')})`;
}

function parametersOf({ positional, keywords, firstOptional }: Signature): string {
  const parts = positional.map((argument, position) => {
    const type = conversionOf(argument).type;
    return `${local(argument.name)}${position >= firstOptional ? '?' : ''}: ${type}`;
  });
  if (keywords.length > 0) {
    const fields = keywords.map((argument) => {
      const isNeeded = !isOptional(argument);
      return `${camelCase(argument.name)}${isNeeded ? '' : '?'}: ${conversionOf(argument).type}`;
    });
    const isNeeded = keywords.some((argument) => !isOptional(argument));
    parts.push(`options: { ${fields.join('; ')} }${isNeeded ? '' : ' = {}'}`);
  }
  return parts.join(', ');
}

/** Two overloads that differ in one argument, a tensor here and a number there, become one function. */
function emitPair(name: string, pair: [Overload, Overload], isMethod: boolean): string {
  const [first, second] = pair.map((overload) => signatureOf(overload.schema, isMethod)) as [Signature, Signature];
  const at = first.positional.findIndex((argument, i) => argument.type !== second.positional[i]?.type);
  const [a, b] = [first.positional[at]!, second.positional[at]!];
  const tensorFirst = a.type === 'Tensor';
  const [onTensor, onNumber] = tensorFirst ? [pair[0], pair[1]] : [pair[1], pair[0]];
  const argument = local(a.name);
  const merged = tensorFirst
    ? { ...first, positional: [...first.positional] }
    : { ...second, positional: [...second.positional] };
  // An argument that only the scalar overload takes by position is a keyword of the tensor overload (add's alpha).
  const extra = first.keywords.length > 0 && second.keywords.length === 0 ? second.positional.slice(at + 1) : [];
  const parameters = parametersOf(merged).replace(
    `${argument}: Tensor`,
    `${argument}: Tensor | ${conversionOf(tensorFirst ? b : a).type}`,
  );
  const { type, wrap } = resultOf(name, pair[0].schema, isMethod);
  const numberCall = extra.reduce(
    (call, { name }) => call.replace(`, ${local(name)}`, `, options.${camelCase(name)}`),
    callOf(onNumber, isMethod),
  );
  const body =
    `const result = isTensor(${argument})\n      ? ${callOf(onTensor, isMethod)}\n      : ${numberCall};\n` +
    `    return ${wrap('result')};`;
  return emitFunction(
    name,
    parameters,
    type,
    body,
    isMethod,
    pair.map((overload) => overload.operator),
  );
}

function resultOf(name: string, schema: OperatorSchema, isMethod: boolean) {
  const returnsSelf = name.endsWith('_') && schema.returns.length === 1 && schema.returns[0]!.type === 'Tensor';
  if (returnsSelf && isMethod)
    return { type: 'this', wrap: (call: string) => (call === 'result' ? 'void result, this' : `void ${call}, this`) };
  return returnType(schema);
}

function emitSingle(name: string, overload: Overload, isMethod: boolean): string {
  const { type, wrap } = resultOf(name, overload.schema, isMethod);
  const call = callOf(overload, isMethod);
  const check = RANGE_CHECKS[overload.operator] ? `${RANGE_CHECKS[overload.operator]}\n    ` : '';
  const body =
    check + (type === 'this' ? `${call};\n    return this;` : type === 'void' ? `${call};` : `return ${wrap(call)};`);
  return emitFunction(name, parametersOf(signatureOf(overload.schema, isMethod)), type, body, isMethod, [
    overload.operator,
  ]);
}

function emitFunction(
  name: string,
  parameters: string,
  type: string,
  body: string,
  isMethod: boolean,
  operators: readonly string[],
): string {
  const comment = `/** ${operators.map((operator) => `\`${operator}\``).join(', ')} */`;
  const fixed = body.replace('return void result, this;', 'void result;\n    return this;');
  if (isMethod) return `  ${comment}\n  ${name}(${parameters}): ${type} {\n    ${fixed}\n  }\n`;
  return `${comment}\nexport function ${name}(${parameters}): ${type} {\n  ${fixed.replaceAll('\n    ', '\n  ')}\n}\n`;
}

/** The whole text of ops.generated.ts for the loaded libtorch. */
export function generate(): string {
  const names: string[] = [];
  const methods: string[] = [];
  const functions: string[] = [];
  for (const entry of OPERATORS.split(/\s+/).filter(Boolean)) {
    const [group, alias] = entry.split('->') as [string, string?];
    const overloads = group.split('|').map((name): Overload => {
      const [base, overload = ''] = name.split('.') as [string, string?];
      const schema = native()
        .schemas(`aten::${base}`)
        .find((candidate) => candidate.overload === overload);
      if (schema === undefined) throw new Error(`libtorch ${native().version()} has no operator aten::${name}`);
      names.push(`aten::${name}`);
      return { index: names.length - 1, operator: `aten::${name}`, schema };
    });
    const first = overloads[0]!;
    const isMethod =
      first.schema.arguments[0]?.name === 'self' &&
      first.schema.arguments[0].type === 'Tensor' &&
      !FUNCTIONS.has(group);
    const name = alias ?? camelCase(group.split('|')[0]!.split('.')[0]!);
    const text =
      overloads.length === 2
        ? emitPair(name, overloads as [Overload, Overload], isMethod)
        : emitSingle(name, first, isMethod);
    (isMethod ? methods : functions).push(text);
  }
  return [
    HEADER,
    `const NAMES = [\n${names.map((name) => `  '${name}',\n`).join('')}] as const;\n`,
    SUPPORT,
    CLASS_START,
    methods.join('\n'),
    '}\n\n',
    functions.join('\n'),
  ].join('\n');
}

/** Operators that read better as functions although their first argument is `self`. */
const FUNCTIONS = new Set([
  'where.self',
  'cross_entropy_loss',
  'nll_loss_nd',
  'binary_cross_entropy_with_logits',
  'mse_loss',
  'l1_loss',
  'smooth_l1_loss',
  'kl_div',
  'max_pool1d',
  'max_pool2d',
  'max_pool3d',
  'avg_pool1d',
  'avg_pool2d',
  'avg_pool3d',
  'adaptive_avg_pool1d',
  'adaptive_avg_pool2d',
  'adaptive_avg_pool3d',
  'adaptive_max_pool2d',
  'pixel_shuffle',
  'pixel_unshuffle',
  'pad',
  'im2col',
  'col2im',
  'gru_cell',
  'lstm_cell',
  'full_like',
  'zeros_like',
  'ones_like',
  'empty_like',
]);

const HEADER = `// Written by scripts/generate-ops.ts from libtorch's operator schemas. Change scripts/operators.ts and run \`npm run generate\`.

import { type Device, type GeneratorHandle, native, type NativeValue, operator } from './bridge.js';
import { type DType, dtypeCode, type MemoryFormat, memoryFormatCode } from './dtype.js';
import { float, operand, type Scalar, stored, storedRange } from './scalars.js';
import { idOf, idsOf, optionalId } from './tensor-arguments.js';
import { TensorBase } from './tensor-base.js';
`;

const SUPPORT = `export { float, type Scalar };

const one = (value: NativeValue): Tensor => new Tensor(value as number);
const many = (value: NativeValue): Tensor[] => (value as number[]).map(one);
const isTensor = (value: Tensor | Scalar): value is Tensor => typeof value === 'object' && value !== null && 'id' in value;
`;

const CLASS_START = `/**
 * An n-dimensional array on a device: a number that names a libtorch tensor. Its operators are PyTorch's in camelCase, with
 * the underscore of in-place operators kept (\`add_\`). Free it with \`scope\`, \`using\` or \`dispose\`; using it afterwards throws
 * \`FREED\`.
 */
export class Tensor extends TensorBase {`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(TARGET, generate());
  process.stdout.write(`wrote ${TARGET}\n`);
}
