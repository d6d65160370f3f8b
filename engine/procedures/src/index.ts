export { createProcedureCommand, type ProcedureCommandOptions } from './command/procedure-command.ts';
export { renderTemplate } from './go-template/template.ts';
export { TemplateError } from './go-template/template-error.ts';
export { defaultBackupMakerImage } from './manifests/layout.ts';
export { ProcedureError } from './procedure-error.ts';
export { actionJobName, type RenderProcedureOptions, renderProcedure } from './render-procedure.ts';
export {
  buildDefinition,
  type Definition,
  type DefinitionInput,
  type DefinitionResult,
} from './vars/definition.ts';
