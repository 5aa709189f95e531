import { testContracts } from '../../kysely/test/contracts.ts'
import { postgresSubject } from './subject.ts'

testContracts(postgresSubject)
