/** Which phone numbers are accepted. */
export interface PhoneNumberOptions {
  /**
   * The ISO 3166 regions to accept numbers from, such as `["IN", "US"]`. There is no default and no
   * "all", because an attacker can make you pay for SMS to every allowed region.
   */
  readonly allowedRegions: readonly string[]
  /**
   * The region to assume for numbers without a country code. Its international prefix, such as `00`
   * or `011`, is then the only one that is read.
   * @defaultValue none: numbers without a country code are refused, and `00` is read as `+`
   */
  readonly defaultRegion?: string
  /**
   * Numbers to accept in addition to those of the phone metadata, which lists new ranges late: by
   * region, patterns that each match a whole number in E.164, such as `{ IN: [/\+9159[0-9]{8}/] }`.
   * Numbers of these ranges count as numbers of the region that can receive SMS.
   * @defaultValue none
   */
  readonly additionalRanges?: Readonly<Record<string, readonly RegExp[]>>
}
