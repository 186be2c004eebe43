import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A way to a server of Spark's that can be cut. */
export class CutProxy {
  /** Connection string of the way. */
  readonly server: string;
  /** Connections that were cut while they were open. */
  cutCount = 0;
  readonly #server: Server;
  readonly #open: Set<Socket>;
  readonly #way: { isCut: boolean };
  #timer: NodeJS.Timeout | undefined;

  private constructor(server: Server, open: Set<Socket>, way: { isCut: boolean }) {
    this.#server = server;
    this.#open = open;
    this.#way = way;
    this.server = `sc://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Listens at a port that was free, for connections to the server of a connection string. */
  static async to(server: string): Promise<CutProxy> {
    const { hostname, port } = new URL(server.replace(/^sc:/, "http:"));
    const open = new Set<Socket>();
    const way = { isCut: false };
    const listener = createServer((near) => {
      if (way.isCut) return void near.destroy();
      const far = connect(Number(port), hostname);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        open.add(from);
        from.pipe(to);
        from.on("error", () => undefined);
        from.once("close", () => {
          open.delete(from);
          to.destroy();
        });
      }
    });
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    return new CutProxy(listener, open, way);
  }

  /** Cuts everything now, and everything that is open then some times more, each so many milliseconds after the one before. */
  cutEvery(ms: number, times: number): void {
    clearTimeout(this.#timer);
    this.#cut();
    if (times > 1) this.#timer = setTimeout(() => this.cutEvery(ms, times - 1), ms);
  }

  /** Cuts everything, and whatever comes from now on. */
  cutForGood(): void {
    clearTimeout(this.#timer);
    this.#way.isCut = true;
    this.#cut();
  }

  async close(): Promise<void> {
    this.cutForGood();
    this.#server.close();
    await once(this.#server, "close");
  }

  #cut(): void {
    // Both ends of each connection are in the set.
    this.cutCount += this.#open.size / 2;
    for (const socket of this.#open) socket.destroy();
  }
}
