import { randomBytes, randomInt } from "node:crypto";

/** 256 bits, for machines. */
export const random = () => randomBytes(32).toString("base64url");

/** Letters and digits that nobody mistakes for each other. */
const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";

/** 79 bits in groups of four, for people to type. */
export const typed = () =>
  Array.from({ length: 4 }, () =>
    Array.from({ length: 4 }, () => ALPHABET[randomInt(ALPHABET.length)]).join(""),
  ).join("-");
