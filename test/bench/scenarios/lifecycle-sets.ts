import { type SetShape, setsFor } from '../data-sets.ts';

export interface LifecycleSets {
  /** What a crash leaves behind: the number of the goal, of 60 KB. */
  unfiled: SetShape;
  /** What is stored besides, so that reading has something to read: 500 KB each. */
  filled: SetShape;
}

/** Instances of the goal of recovery. */
export const unfiledInstances = 10_000;

/** @param factor so many times as many instances */
export function lifecycleSets(factor: number): LifecycleSets {
  const unfiled = setNamed('small', Math.max(30, Math.round(unfiledInstances * factor)));
  const filled = setNamed('ct', Math.max(30, Math.round(4000 * factor)));
  return { unfiled, filled };
}

/** With as many series to a study as there are. */
function setNamed(name: SetShape['name'], instances: number): SetShape {
  const set = setsFor(true).find((one) => one.name === name) as SetShape;
  return { ...set, instances, instancesPerSeries: 100 };
}
