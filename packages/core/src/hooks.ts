import type { PhoneNumber } from './phone-number/phone-number.ts'
import type { User } from './ports/user-store.ts'
import type { ProfileResult } from './profile/profile-result.ts'

/** Who is about to sign in, having proven possession of the number. */
export interface SignInFacts<Profile extends object> {
  readonly phoneNumber: PhoneNumber
  /** `null` for somebody new, of whom nothing is stored yet. */
  readonly user: User | null
  /** The profile fields set so far. */
  readonly profile: Partial<Profile>
  /** Whether the number's user has not signed in for `dormantAfter`: the number may have become somebody else's. */
  readonly isDormant: boolean
  readonly ip: string | undefined
  readonly userAgent: string | undefined
}

/** A number that was changed. */
export interface PhoneChangeFacts {
  /** The user, with the new number. */
  readonly user: User
  /** To warn its owner at. */
  readonly previousPhoneNumber: PhoneNumber
}

/** What the application has to say at certain points. Each may be asynchronous, and is waited for five seconds at most. */
export interface HookOptions<Profile extends object> {
  /**
   * Asked when a code was right, before anything is noted of the sign-in: return nothing to allow it, or what to tell the person to refuse it. A
   * hook that throws or takes too long refuses. Waiting lists, bans and dormant numbers are decided here. With it a sign-in is several steps, so
   * that a process that dies in between costs the code. Asked again if the number has become another user's meanwhile.
   */
  readonly beforeSignIn?: (facts: SignInFacts<Profile>) => string | undefined | Promise<string | undefined>
  /** Called when a profile has become complete, and is saved. What it throws changes nothing. */
  readonly afterProfileCompleted?: (result: ProfileResult<Profile>) => unknown
  /** Called when a user has another number. What it throws changes nothing. */
  readonly afterPhoneChanged?: (facts: PhoneChangeFacts) => unknown
}

/** The hooks as the library calls them: they neither throw nor hang. */
export interface Hooks<Profile extends object> {
  /** Whether there is a `beforeSignIn`. */
  readonly hasGate: boolean
  /** What to tell the person who is refused; `null` for who is not. */
  beforeSignIn(facts: SignInFacts<Profile>): Promise<string | null>
  afterProfileCompleted(result: ProfileResult<Profile>): Promise<void>
  afterPhoneChanged(facts: PhoneChangeFacts): Promise<void>
}

/** A hook, by the name of its option. */
export type HookName = 'beforeSignIn' | 'afterProfileCompleted' | 'afterPhoneChanged'

/** How a hook can fail: it threw or rejected, took longer than five seconds, or returned neither a text nor nothing. */
export type HookFailure = 'threw' | 'timed_out' | 'invalid_result'

class HookFailed extends Error {
  readonly reason: HookFailure

  constructor(reason: HookFailure) {
    super(reason)
    this.reason = reason
  }
}

const TIMEOUT_MS = 5_000

const REFUSED = 'You cannot sign in at the moment.'

/** Makes hooks that neither throw nor hang. `onFailure` hears of those that do, by name. */
export function safeHooks<Profile extends object>(
  { beforeSignIn, afterProfileCompleted, afterPhoneChanged }: HookOptions<Profile>,
  onFailure: (hook: HookName, reason: HookFailure) => void,
): Hooks<Profile> {
  const call = async <Result>(name: HookName, work: () => Result, otherwise: Awaited<Result>) => {
    try {
      return await inTime(work)
    } catch (error) {
      // Not the error itself, which may quote what the hook was told.
      onFailure(name, error instanceof HookFailed ? error.reason : 'threw')
      return otherwise
    }
  }
  return {
    hasGate: beforeSignIn !== undefined,
    beforeSignIn: async (facts) => {
      if (beforeSignIn === undefined) return null
      return call('beforeSignIn', async () => readRefusal(await beforeSignIn(facts)), REFUSED)
    },
    afterProfileCompleted: async (result) => {
      if (afterProfileCompleted !== undefined) {
        await call('afterProfileCompleted', () => afterProfileCompleted(result), undefined)
      }
    },
    afterPhoneChanged: async (facts) => {
      if (afterPhoneChanged !== undefined) await call('afterPhoneChanged', () => afterPhoneChanged(facts), undefined)
    },
  }
}

// Anything but a text or nothing is a mistake, which must not let anybody in.
function readRefusal(said: unknown): string | null {
  if (said === undefined) return null
  if (typeof said !== 'string') throw new HookFailed('invalid_result')
  return said.trim() === '' ? REFUSED : said
}

async function inTime<Result>(work: () => Result): Promise<Awaited<Result>> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new HookFailed('timed_out')), TIMEOUT_MS)
  })
  try {
    return await Promise.race([(async () => work())(), late])
  } finally {
    clearTimeout(timer)
  }
}
