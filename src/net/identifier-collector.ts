import { Problem } from '../lib/problem.ts';
import { ByteGatherer } from '../ul/byte-gatherer.ts';
import type { DataSetConsumer } from './association-driver.ts';
import { netLimits } from './limits.ts';

/** Gathers a small data set, such as a query identifier, and hands it on when it is whole. */
export class IdentifierCollector implements DataSetConsumer {
  readonly #whole: (bytes: Buffer | Problem) => void;
  readonly #gathered = new ByteGatherer();
  #sizeBytes = 0;

  /** @param whole gets the bytes, or what is wrong with them */
  constructor(whole: (bytes: Buffer | Problem) => void) {
    this.#whole = whole;
  }

  write(bytes: Buffer): void {
    this.#sizeBytes += bytes.length;
    if (this.#sizeBytes <= netLimits.identifierBytesMax) this.#gathered.add(bytes);
    else this.#gathered.take();
  }

  release(): undefined {
    return undefined;
  }

  end(): void {
    if (this.#sizeBytes > netLimits.identifierBytesMax) {
      const words = `identifier of more than ${netLimits.identifierBytesMax} bytes`;
      this.#whole(new Problem('unreadable-data-set', words));
    } else {
      this.#whole(this.#gathered.take());
    }
  }

  abort(): void {
    this.#gathered.take();
  }
}
