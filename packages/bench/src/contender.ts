import type { RequestListener } from 'node:http'

/** A number in the middle of a sign-in. */
export interface Opened {
  readonly phoneNumber: string
  /** What the contender told its client to come back with, besides the code. */
  readonly challenge: string
}

/** One way to sign people in by phone, as the benchmark calls it from within its own process. */
export interface Contender {
  /** Sends a code to a number. Returns the challenge. */
  send(phoneNumber: string): Promise<string>
  /** Signs a number in, for the first time or again. Returns what the client authenticates with. */
  verify(opened: Opened, code: string): Promise<string>
  /** Reads the profile of whoever holds `credential`. */
  profile(credential: string): Promise<unknown>
  /** Ends the session of `credential`. */
  logout(credential: string): Promise<unknown>
  /** The code that was sent to a number last. */
  code(phoneNumber: string): string
  /** The same over `node:http`. */
  readonly listener: RequestListener
  /** How many statements the database was sent so far. */
  statements(): number
  close(): Promise<void>
}

/** Where a contender keeps its data. */
export type DatabaseUrl = `sqlite:${string}` | `postgresql://${string}`

/** Makes a contender, with its tables, on an empty database. */
export type OpenContender = (url: DatabaseUrl) => Promise<Contender>

/** The contenders, by the module each is in. */
export const CONTENDERS = ['phone-auth', 'better-auth', 'floor'] as const
export type ContenderName = (typeof CONTENDERS)[number]

/** The databases they are measured on. */
export const DATABASES = ['sqlite', 'postgresql'] as const
export type DatabaseName = (typeof DATABASES)[number]

/** What is measured. */
export const OPERATIONS = ['send', 'sign-up', 'login', 'profile', 'logout'] as const
export type Operation = (typeof OPERATIONS)[number]
