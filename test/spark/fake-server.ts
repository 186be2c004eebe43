import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import {
  Server,
  ServerCredentials,
  type ServerWritableStream,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import {
  type ConfigResponse,
  type ExecutePlanRequestSchema,
  type ExecutePlanResponseSchema,
  type ReattachExecuteRequestSchema,
  SparkConnectService,
} from "#spark-connect/base";

type Answer<I extends DescMessage> = ServerWritableStream<
  MessageShape<I>,
  MessageShape<typeof ExecutePlanResponseSchema>
>;

/** What a server does when it is asked; all other calls are answered with nothing. */
export interface Script {
  readonly executePlan: (call: Answer<typeof ExecutePlanRequestSchema>) => void;
  readonly reattachExecute: (call: Answer<typeof ReattachExecuteRequestSchema>) => void;
  readonly config?: (call: unknown, answer: (error: null, answer: ConfigResponse) => void) => void;
}

/** Stands for a Connect server, for what a real one does too rarely to be tested. Resolves to its address and its end. */
export async function openFakeServer(
  script: Script,
): Promise<{ readonly server: string; readonly close: () => void }> {
  const server = new Server();
  const definition: Record<string, ServiceDefinition[string]> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const method of SparkConnectService.methods) {
    const isClientStream = method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming";
    definition[method.localName] = {
      path: `/${SparkConnectService.typeName}/${method.name}`,
      requestStream: isClientStream,
      responseStream: method.methodKind === "server_streaming",
      requestSerialize: (message: MessageShape<DescMessage>) => Buffer.from(toBinary(method.input, message)),
      requestDeserialize: (bytes: Buffer) => fromBinary(method.input, bytes),
      responseSerialize: (message: MessageShape<DescMessage>) =>
        Buffer.from(toBinary(method.output, message)),
      responseDeserialize: (bytes: Buffer) => fromBinary(method.output, bytes),
    };
    if (!(method.localName in script))
      implementation[method.localName] = (_call: unknown, answer: (error: object) => void) =>
        answer({ code: status.UNIMPLEMENTED });
  }
  server.addService(definition, { ...implementation, ...(script as never as UntypedServiceImplementation) });
  const port = await new Promise<number>((open, failed) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, found) =>
      error === null ? open(found) : failed(error),
    ),
  );
  return { server: `sc://127.0.0.1:${port}`, close: () => server.forceShutdown() };
}
