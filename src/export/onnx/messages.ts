/** The messages of ONNX files that we write: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, IR version 8. */
import protobuf from 'protobufjs/light.js';

const field = (id: number, type: string) => ({ id, type });
const list = (id: number, type: string) => ({ id, type, rule: 'repeated' });

const root = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        irVersion: field(1, 'int64'),
        producerName: field(2, 'string'),
        producerVersion: field(3, 'string'),
        graph: field(7, 'Graph'),
        opsetImport: list(8, 'Opset'),
        metadataProps: list(14, 'Entry'),
      },
    },
    Opset: { fields: { domain: field(1, 'string'), version: field(2, 'int64') } },
    Entry: { fields: { key: field(1, 'string'), value: field(2, 'string') } },
    Graph: {
      fields: {
        node: list(1, 'Node'),
        name: field(2, 'string'),
        initializer: list(5, 'Tensor'),
        input: list(11, 'ValueInfo'),
        output: list(12, 'ValueInfo'),
      },
    },
    Node: {
      fields: {
        input: list(1, 'string'),
        output: list(2, 'string'),
        name: field(3, 'string'),
        opType: field(4, 'string'),
        attribute: list(5, 'Attribute'),
      },
    },
    Attribute: {
      fields: {
        name: field(1, 'string'),
        f: field(2, 'float'),
        i: field(3, 'int64'),
        s: field(4, 'bytes'),
        floats: list(7, 'float'),
        ints: list(8, 'int64'),
        type: field(20, 'int32'),
      },
    },
    Tensor: {
      fields: {
        dims: list(1, 'int64'),
        dataType: field(2, 'int32'),
        name: field(8, 'string'),
        rawData: field(9, 'bytes'),
      },
    },
    ValueInfo: { fields: { name: field(1, 'string'), type: field(2, 'Type') } },
    Type: { fields: { tensorType: field(1, 'TensorType') } },
    TensorType: { fields: { elemType: field(1, 'int32'), shape: field(2, 'Shape') } },
    Shape: { fields: { dim: list(1, 'Dimension') } },
    Dimension: { fields: { dimValue: field(1, 'int64'), dimParam: field(2, 'string') } },
  },
});

/** Codes of element types. */
export const ELEMENT = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 } as const;

/** An attribute of a node: `int`, `float`, `string`, or lists of whole numbers. */
export type AttributeValue = { int: number } | { float: number } | { string: string } | { ints: readonly number[] };

const KINDS = { float: 1, int: 2, string: 3, ints: 7 } as const;

export interface GraphNode {
  name: string;
  opType: string;
  input: readonly string[];
  output: readonly string[];
  attributes: Readonly<Record<string, AttributeValue>>;
}

export interface Initializer {
  name: string;
  dims: readonly number[];
  dataType: number;
  rawData: Uint8Array;
}

/** Sizes of a tensor by dimension; the name stands for what is free. */
export type FreeShape = readonly (number | string)[];

/** An input or output of a model. */
export interface ModelValue {
  name: string;
  dataType: number;
  shape: FreeShape;
}

export interface ModelParts {
  name: string;
  producer: { name: string; version: string };
  metadata: Readonly<Record<string, string>>;
  opset: number;
  nodes: readonly GraphNode[];
  initializers: readonly Initializer[];
  inputs: readonly ModelValue[];
  outputs: readonly ModelValue[];
}

/** The bytes of an ONNX file. */
export function encodeModel({
  name,
  producer,
  metadata,
  opset,
  nodes,
  initializers,
  inputs,
  outputs,
}: ModelParts): Uint8Array {
  const model = root.lookupType('Model');
  return model
    .encode(
      model.create({
        irVersion: 8,
        producerName: producer.name,
        producerVersion: producer.version,
        opsetImport: [{ domain: '', version: opset }],
        metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
        graph: {
          name,
          node: nodes.map(({ attributes, ...node }) => ({
            ...node,
            attribute: Object.entries(attributes).map(encoded),
          })),
          initializer: initializers,
          input: inputs.map(valueInfo),
          output: outputs.map(valueInfo),
        },
      }),
    )
    .finish();
}

function encoded([name, value]: [string, AttributeValue]): object {
  if ('int' in value) return { name, i: value.int, type: KINDS.int };
  if ('float' in value) return { name, f: value.float, type: KINDS.float };
  if ('string' in value) return { name, s: new TextEncoder().encode(value.string), type: KINDS.string };
  return { name, ints: value.ints, type: KINDS.ints };
}

function valueInfo({ name, dataType, shape }: ModelValue): object {
  const dim = shape.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: dataType, shape: { dim } } } };
}
