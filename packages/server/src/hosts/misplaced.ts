/** The error for a gate that stands in a guard's place, where it would let everybody through. */
export function misplaced(basePath: string): TypeError {
  return new TypeError(
    `The gate was used as a guard, but by itself it guards nothing. Guard with gate.require(policy), and mount the gate with app.use(gate), or where requests for its base path ${basePath} reach it.`,
  );
}
