/**
 * Phone Auth over Twilio: messages by SMS or WhatsApp, codes by Verify, and the receipts that say
 * what became of them.
 *
 * @module
 */

export type { TwilioAccess } from './access.ts'
export { type TwilioReceiptsOptions, twilioReceipts } from './receipts.ts'
export { type TwilioSenderOptions, twilioSender } from './sender.ts'
export { type TwilioVerifyOptions, twilioVerify } from './verify.ts'
