import { writeFileSync } from 'node:fs';
import { generatedFile, procedureScriptsModule } from './procedure-scripts.ts';

writeFileSync(generatedFile, procedureScriptsModule());
