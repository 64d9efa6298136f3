// Extends AssemblyScript's compiler: exports `onEvent` by the name that devices call, and adds the description of all interfaces.
import { readFileSync } from "node:fs";
import { Transform } from "assemblyscript/transform";

export default class extends Transform {
  afterCompile(module) {
    if (module.getExport("onEvent")) {
      module.removeExport("onEvent");
      module.addFunctionExport("app/onEvent", "on-event");
    }
    module.addCustomSection("component-type:wamr:device", readFileSync(new URL("description.bin", import.meta.url)));
  }
}
