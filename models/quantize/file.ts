import {
  ARRAYS,
  type Attribute,
  type ElementType,
  type Graph,
  type Node,
  type Tensor,
  type Value,
} from "./graph.ts";
import { ModelProto } from "./schema.ts";

/** TensorProto.DataType and AttributeProto.AttributeType of onnx.proto. */
const TYPES: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
};
const KINDS: Readonly<Record<Attribute["kind"], number>> = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  floats: 6,
  ints: 7,
};
/** The format's own version, from which on opset 13 may be used (docs/Versioning.md of ONNX). */
const IR_VERSION = 7;

/** Reads an ONNX file. Throws an Error that says what is in it that we cannot edit. */
export function readGraph(bytes: Uint8Array): Graph {
  const options = { longs: Number, arrays: true };
  const file = ModelProto.toObject(ModelProto.decode(bytes), options) as FileProto;
  if (!file.graph) throw new Error("it holds no graph");
  const { graph } = file;
  const opset = file.opset_import.find(({ domain }) => !domain || domain === "ai.onnx")?.version ?? 1;
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name ?? "", readTensor(tensor)]));
  return {
    name: graph.name ?? "",
    opset,
    // Older writers list the weights among the inputs, so that a caller may replace them.
    inputs: graph.input.filter(({ name }) => !constants.has(name)).map(readValue),
    outputs: graph.output.map(readValue),
    nodes: graph.node.map(readNode),
    constants,
  };
}

/** Writes an ONNX file. The same graph gives the same bytes. */
export function writeGraph(graph: Graph): Uint8Array {
  const custom = [...new Set(graph.nodes.map(({ domain }) => domain ?? ""))].filter(
    (domain) => domain !== "",
  );
  const message = {
    ir_version: IR_VERSION,
    producer_name: "focus-gateway",
    opset_import: [{ domain: "", version: graph.opset }, ...custom.map((domain) => ({ domain, version: 1 }))],
    graph: {
      name: graph.name || "network",
      node: graph.nodes.map(writeNode),
      initializer: [...graph.constants].map(([name, tensor]) => ({ ...writeTensor(tensor), name })),
      input: graph.inputs.map(writeValue),
      output: graph.outputs.map(writeValue),
    },
  };
  return ModelProto.encode(ModelProto.fromObject(message)).finish();
}

function readNode(proto: NodeProto): Node {
  const attributes = Object.fromEntries(
    proto.attribute.map((each) => [each.name, readAttribute(each, proto)]),
  );
  return {
    op: proto.op_type,
    ...(proto.domain && proto.domain !== "ai.onnx" ? { domain: proto.domain } : {}),
    ...(proto.name ? { name: proto.name } : {}),
    inputs: proto.input,
    outputs: proto.output,
    attributes,
  };
}

function readAttribute(proto: AttributeProto, { op_type: op }: NodeProto): Attribute {
  const decoder = new TextDecoder();
  switch (proto.type) {
    case KINDS.float:
      return { kind: "float", value: proto.f ?? 0 };
    case KINDS.int:
      return { kind: "int", value: proto.i ?? 0 };
    case KINDS.string:
      return { kind: "string", value: decoder.decode(proto.s) };
    case KINDS.tensor:
      return { kind: "tensor", value: readTensor(proto.t!) };
    case KINDS.floats:
      return { kind: "floats", value: proto.floats };
    case KINDS.ints:
      return { kind: "ints", value: proto.ints };
    default:
      throw new Error(`its node ${op} has the attribute ${proto.name} of a kind that is not supported`);
  }
}

function writeNode({ op, domain, name, inputs, outputs, attributes }: Node) {
  const attribute = Object.entries(attributes).map(([key, { kind, value }]) => {
    const field = { float: "f", int: "i", string: "s", tensor: "t", floats: "floats", ints: "ints" }[kind];
    const written =
      kind === "string"
        ? Buffer.from(value as string)
        : kind === "tensor"
          ? writeTensor(value as Tensor)
          : value;
    return { name: key, type: KINDS[kind], [field]: written };
  });
  return { op_type: op, name, domain, input: inputs, output: outputs, attribute };
}

function readTensor(proto: TensorProto): Tensor {
  const type = typeOf(proto.data_type);
  if (proto.data_location === 1) throw new Error(`its weights ${proto.name} lie in another file`);
  const { raw_data: raw } = proto;
  if (raw?.length) {
    const { buffer } = Uint8Array.from(raw); // a copy that begins where its type must
    return { type, dims: proto.dims, data: new ARRAYS[type](buffer) };
  }
  return { type, dims: proto.dims, data: listed(type, proto) };
}

/** Values that are listed one by one rather than as bytes; the field depends on their type. */
function listed(type: ElementType, proto: TensorProto): Tensor["data"] {
  if (type === "int64") return BigInt64Array.from(proto.int64_data, BigInt);
  const { [type === "float32" ? "float_data" : type === "float64" ? "double_data" : "int32_data"]: values } =
    proto;
  return ARRAYS[type].from(values);
}

function writeTensor({ type, dims, data }: Tensor) {
  // Little-endian, as every machine is that ONNX Runtime has a Node binding for.
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { data_type: TYPES[type], dims, raw_data: raw };
}

function readValue({ name, type }: ValueProto): Value {
  const tensor = type?.tensor_type;
  if (!tensor) throw new Error(`${name} is no tensor`);
  const shape = tensor.shape?.dim.map((axis) => axis.dim_value ?? (axis.dim_param || "any")) ?? null;
  return { name, type: typeOf(tensor.elem_type), shape };
}

function writeValue({ name, type, shape }: Value) {
  if (type === null) return { name };
  const dim = shape?.map((axis) => (typeof axis === "number" ? { dim_value: axis } : { dim_param: axis }));
  return { name, type: { tensor_type: { elem_type: TYPES[type], ...(dim ? { shape: { dim } } : {}) } } };
}

function typeOf(code: number | undefined): ElementType {
  const found = (Object.keys(TYPES) as ElementType[]).find((type) => TYPES[type] === code);
  if (!found) throw new Error(`it holds numbers of a type that is not supported (${code})`);
  return found;
}

/** What `toObject` gives for the messages of `schema.ts`. */
interface FileProto {
  readonly opset_import: readonly { readonly domain?: string; readonly version: number }[];
  readonly graph?: {
    readonly name?: string;
    readonly node: readonly NodeProto[];
    readonly initializer: readonly TensorProto[];
    readonly input: readonly ValueProto[];
    readonly output: readonly ValueProto[];
  };
}
interface NodeProto {
  readonly op_type: string;
  readonly domain?: string;
  readonly name?: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly AttributeProto[];
}
interface AttributeProto {
  readonly name: string;
  readonly type?: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
}
interface TensorProto {
  readonly name?: string;
  readonly dims: readonly number[];
  readonly data_type?: number;
  readonly raw_data?: Uint8Array;
  readonly float_data: readonly number[];
  readonly int32_data: readonly number[];
  readonly int64_data: readonly number[];
  readonly double_data: readonly number[];
  readonly data_location?: number;
}
interface ValueProto {
  readonly name: string;
  readonly type?: {
    readonly tensor_type?: {
      readonly elem_type?: number;
      readonly shape?: {
        readonly dim: readonly { readonly dim_value?: number; readonly dim_param?: string }[];
      };
    };
  };
}
