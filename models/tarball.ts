import type { Manifest } from "./manifest.ts";

export interface FetchOptions {
  /** Paths inside the tarball that are wanted; nothing else in it is kept, not even in memory. */
  readonly wanted: readonly string[];
  /** No wanted file may be larger than this. */
  readonly maximumBytes: number;
  readonly registry?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/**
 * Fetches an npm package's tarball and gives the wanted files out of it, by their path in it. The tarball streams
 * through: it is neither unpacked nor put into npm's cache, so that whatever else it holds never touches this
 * machine's disk. Rejects with pacote's own error (EINTEGRITY when the tarball is not the one the manifest names).
 */
export async function fetchFiles(
  source: NonNullable<Manifest["source"]>,
  { wanted, maximumBytes, registry, signal, onBytes }: FetchOptions,
): Promise<Map<string, Buffer>> {
  const [{ default: pacote }, tar] = await Promise.all([import("pacote"), import("tar")]);
  signal?.throwIfAborted();
  const read = async (stream: NodeJS.ReadableStream) => {
    const files = new Map<string, Promise<Buffer>>();
    const parser = tar.list({
      filter: (entryPath, entry) => wanted.includes(entryPath) && (entry.size ?? 0) <= maximumBytes,
      onReadEntry: (entry) => void files.set(entry.path, entry.concat()),
    });
    let received = 0;
    stream.on("data", (chunk: Buffer) => {
      received += chunk.length;
      onBytes?.(received);
    });
    await new Promise<void>((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      stream.on("error", reject);
      parser.on("error", reject);
      parser.on("end", resolve);
      stream.pipe(parser as unknown as NodeJS.WritableStream);
    });
    const entries = [...files].map(async ([name, bytes]) => [name, await bytes] as const);
    return new Map(await Promise.all(entries));
  };
  return pacote.tarball.stream(`${source.package}@${source.version}`, read, {
    integrity: source.integrity,
    // Without `cache`, pacote's fetch layer stores nothing (make-fetch-happen: `no-store`).
    fetchRetries: 2,
    fetchRetryMintimeout: 500,
    fetchRetryMaxtimeout: 5_000,
    fetchTimeout: 60_000,
    ...(registry ? { registry } : {}),
    ...(signal ? { signal } : {}),
  } as Parameters<typeof pacote.tarball.stream>[2]);
}
