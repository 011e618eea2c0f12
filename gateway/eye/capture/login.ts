import { z } from "zod";
import { type Secret, secret } from "../../options.ts";

/** Who we are to a camera on the network. */
export const loginOptions = {
  username: z.string().min(1).optional().describe("The camera's user: best one that may only look."),
  password: secret().optional().describe("That user's password. Read anew whenever the camera is opened."),
};

export interface Login {
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
}

/** An address of those schemes, without user and password, which would show in logs. */
export const addressOptions = (...schemes: readonly string[]) =>
  z
    .string()
    .refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)), {
      message: `an address that begins with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`,
    })
    .refine((text) => !URL.canParse(text) || (!new URL(text).username && !new URL(text).password), {
      message: "user and password belong into `username` and `password`",
    });

/** The address as it may be told: without what follows the `?`, where some cameras want their password; others, in the path. */
export function tellable(address: string): string {
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname.replace(PASSWORD, "$1…")}`;
}

/** `/user=admin_password=secret_channel=1_stream=0.sdp`, as Xiongmai's recorders have it. */
const PASSWORD = /\b((?:user=[^/&]*?[_&])?(?:pass(?:word|wd)?|pwd)=)[^/&_]*/gi;
