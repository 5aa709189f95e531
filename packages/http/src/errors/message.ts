import type { AnyPhoneAuthError } from '@phone-auth/core'
import type { SmsRejection } from '@phone-auth/core/adapters'
import { wireName } from '../wire/names.ts'
import { HttpError } from './http-error.ts'

// Messages for the user about the phone number. Clients do not see what is wrong with the account
// at the provider.
export const REFUSALS: Readonly<Partial<Record<SmsRejection, string>>> = {
  invalid_number: 'This number does not exist. Check it, or use another one.',
  unreachable: 'This number cannot receive messages. Use a mobile number.',
  unsubscribed: 'This number has unsubscribed from our messages. Reply START to one of them, or use another number.',
  not_on_channel: 'We cannot reach this number with the app that we send codes to. Use another number.',
  region_not_enabled: 'We cannot send messages to this country at the moment.',
}

/** The message of an error for the client. It contains the JSON names of fields. */
export function messageOf(error: HttpError | AnyPhoneAuthError): string {
  if (error instanceof HttpError) return error.message
  if (error.code === 'invalid_input') return wireName(error.field) + error.message.slice(error.field.length)
  if (error.code === 'sms_rejected')
    return REFUSALS[error.reason] ?? 'We cannot send a message to this number at the moment.'
  if (error.code === 'sms_unavailable') {
    return error.challenge === null
      ? 'The SMS provider is not available at the moment. Try again shortly.'
      : 'The message may still arrive. If it does, enter its code.'
  }
  return error.message
}
