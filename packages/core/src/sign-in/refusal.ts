import { type AttemptBy, attemptsLeft } from '../challenge/challenge.ts'
import { type Context, emitAbout } from '../context/context.ts'
import { ChallengeExpiredError, InvalidCodeError, TooManyAttemptsError, UserInactiveError } from '../errors/index.ts'
import type { SignInOutcome } from '../ports/joint-steps.ts'

/**
 * Emits the event for a refused attempt, and returns the error. `by` is how the caller named the
 * challenge.
 */
export async function refusal(
  context: Context,
  refused: Exclude<SignInOutcome, { outcome: 'signed_in' }>,
  by: AttemptBy,
): Promise<Error> {
  if (refused.outcome === 'gone') return new ChallengeExpiredError()
  const { phoneNumber } = refused.challenge
  switch (refused.outcome) {
    case 'wrong': {
      const attemptsRemaining = attemptsLeft(refused.challenge, by)
      await emitAbout(context, phoneNumber, { type: 'code_wrong', by, attemptsRemaining })
      return new InvalidCodeError(attemptsRemaining)
    }
    case 'spent':
      await emitAbout(context, phoneNumber, { type: 'challenge_spent', by })
      return new TooManyAttemptsError()
    case 'inactive':
      await emitAbout(context, phoneNumber, { type: 'sign_in_refused', by: 'deactivation', userId: refused.user.id })
      return new UserInactiveError()
    case 'unregistered':
      return new ChallengeExpiredError()
  }
}
