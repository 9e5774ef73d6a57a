/** What lint asks of the phone's scripts beside deno's own rules. */

const MOST_LINES = 60;
const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];

/** Of what is served: a test may tell a longer story. @param {Deno.lint.RuleContext} context */
const isServed = ({ filename }) => !/[\\/]tests[\\/]/.test(filename);

/** @param {string} text */
const linesOf = (text) => text.split('\n').length;

/** A function that is read in one sitting. @type {Deno.lint.Rule} */
const shortFunctions = {
  create(context) {
    /** @param {Deno.lint.Node} node */
    const measure = (node) => {
      const lines = linesOf(context.sourceCode.getText(node));
      if (!isServed(context) || lines <= MOST_LINES) return;
      const message =
        `A function of ${lines} lines; ${MOST_LINES} are the most: split it by subject.`;
      context.report({ node, message });
    };
    return Object.fromEntries(FUNCTIONS.map((type) => [type, measure]));
  },
};

export default { name: 'phone', rules: { 'short-functions': shortFunctions } };
