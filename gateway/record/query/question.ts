import path from "node:path";
import { z } from "zod";
import type { Answer, Column, Question } from "../duckdb.ts";

/**
 * Only one process can hold the store open. While the gateway runs it answers questions on a Unix socket that only
 * its own user may open: one question a connection, a line of JSON; the answer is lines of JSON.
 */
export const socketFile = (dataFolder: string) => path.join(dataFolder, "query.sock");

export const questionLine = z.strictObject({
  sql: z.string().max(64 * 1024),
  maximumRows: z.int().min(1).max(10_000_000),
  timeoutSeconds: z.number().positive().max(3600),
});

export type AnswerLine =
  | { readonly columns: readonly Column[] }
  | { readonly rows: unknown[][] }
  | { readonly end: { readonly truncated: boolean } }
  | { readonly error: { readonly code: string; readonly message: string } };

/** Whatever can read the store for somebody. Rejects with QUERY_INVALID and the STORE_… errors. */
export type Reader = (question: Question, answer: Answer) => Promise<{ truncated: boolean }>;
