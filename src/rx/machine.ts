import { Observable, type OperatorFunction } from "rxjs";

/**
 * Runs a pure `step(state, input)` machine as an operator: the one skin between our plain functions and RxJS.
 * Each subscription has a state of its own. Outputs of a step leave at once and in order; nothing is kept here.
 */
export function machine<State, In, Out>(
  start: () => State,
  step: (state: State, input: In) => readonly Out[],
): OperatorFunction<In, Out> {
  return (inputs) =>
    new Observable((outputs) => {
      const state = start();
      return inputs.subscribe({
        next: (input) => {
          for (const output of step(state, input)) outputs.next(output);
        },
        error: (error) => outputs.error(error),
        complete: () => outputs.complete(),
      });
    });
}
