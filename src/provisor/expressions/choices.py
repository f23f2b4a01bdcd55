"""The mapping language's open choices: every place where its documentation is silent or contradicts itself.

One named constant per choice, with the section of the mapping specification that marks it open. Change a constant
here and the functions follow; nothing else in the product decides these questions.
"""

from enum import StrEnum

EXPRESSION_LENGTH_MAX = 10_000
"""Characters in one expression (§1, documented)."""

NESTING_MAX = 100
"""Function calls inside one another. No limit is documented; ours keeps every expression within the stack."""

TEXT_LENGTH_MAX = 1_000_000
"""Characters that a function may make: nested replacements could otherwise multiply a text beyond all memory."""

NUMBER_BITS = 64
"""Bare numbers must fit a signed integer of this width; hexadecimal ones an unsigned one (§2.1 gives no bound)."""

REGEX_TIMEOUT_SECONDS = 0.2
"""Time for one application of one regular expression to one value (§2.4 asks for a limit, names none)."""

TIMEOUTS_PER_CYCLE_MAX = 5
"""Time-outs of one mapping or clause in one cycle, after which it is stopped until the next."""

REGEX_NESTING_MAX = 50
"""Groups inside one another in a pattern; deeper ones are refused on save."""

REGEX_REPEATS_MAX = 100_000
"""The product of nested counted repetitions, such as 100 x 100 for `((a{100}){100})`; more is refused on save."""

NULL_AFFIX_YIELDS_NULL = True
"""§3.1 Append and Prepend: a null source stays null, so that no `@example.com` without a name reaches a target."""

COALESCE_SKIPS_EMPTY = False
"""§3.1, §9 no. 14 Coalesce: only null is passed over, as the rule is written; true passes over empty text too."""

INSTR_IGNORES_CASE = False
"""§3.1 InStr: the comparison when none is given is binary, that is, case-sensitive."""

IS_STRING_OF_NULL = False
"""§3.1 IsString: null is not a string."""

MID_START_PAST_END_YIELDS_EMPTY = True
"""§3.1 Mid: a start past the end gives "", useful for initials; false gives the whole input, as Connect Sync does."""

DUPLICATES_IGNORE_CASE = False
"""§3.1 RemoveDuplicates: values that differ in case are different values."""

SPLIT_TRIMS = True
"""§3.1, §9 no. 15 Split: blanks around the pieces are removed, as the documented sample shows."""

SPLIT_DELIMITER = ","
"""§3.1 Split: the delimiter when none is given; published metadata calls the parameter optional, names no default."""

REPLACE_OF_NULL_YIELDS_NULL = True
"""§3.2 Replace: a null source stays null in modes 1 to 4; false treats it as empty text."""

REPLACE_GROUP_BY_SPAN = True
"""§3.2 Replace mode 4: only the captured span is replaced; false replaces every occurrence of the captured text."""

FORMAT_DATE_TIME_ACCEPTS_THREE = True
"""§3.7 FormatDateTime: (source, inputFormat, outputFormat) is understood, with a warning on save."""

FORMAT_DATE_TIME_OF_EMPTY_YIELDS_NULL = True
"""§3.7 FormatDateTime: null and empty sources give null; false makes an empty source a mismatch with its format."""

TWO_DIGIT_YEAR_MAX = 2049
"""§3.7: two-digit years are read as the hundred years that end here, as current .NET does."""

PCASE_APOSTROPHE_SEPARATES = True
"""§3.10 PCase: `john's` becomes `John'S`, as the HR guide's sample assumes; false leaves the letter after it small."""

OE_LIGATURE_IS_REPLACED = True
"""§3.9, §9 no. 12 NormalizeDiacritics: plain œ becomes oe; đ, ð, þ and capital ẞ stay as they are."""

UNIQUE_RULES_SKIP_EMPTY = True
"""§3.3 SelectUniqueValue: a rule that gives null or empty text is passed over; when all do, the result is null."""


class RoleText(StrEnum):
    """What one role is called in plain text."""

    DISPLAY_NAME = "displayName"
    VALUE = "value"


SINGLE_ROLE_TEXT = RoleText.DISPLAY_NAME
"""§3.4 SingleAppRoleAssignment: the role's display name, its value where there is none; the first role of several."""


class MultiValuedSource(StrEnum):
    """What to do where one value is expected and a list with several values comes."""

    FAIL = "fail"
    FIRST = "first"


MULTI_VALUED_SOURCE = MultiValuedSource.FAIL
"""§3.5 Switch and text functions: several values fail with a clear message; a list of one value is that value."""

ORDERING_IS_NUMERIC_FOR_TEXT = True
"""§3.8: `<` and its like compare two texts as numbers when both are numbers; `=` only when one side is a number."""

SCHEMA_TEXT_WINS = True
"""§7.3: where expression and parameters of a source disagree and it is not known which was edited, the text counts.

The text is what people read and edit, and it is complete: keys of newer functions are not published, and a tree leaves
out what is not supplied, so that with unknown keys its places are a guess.
"""

FILTER_BITS_ALL = True
"""§5.2 `&` on whole numbers: every bit of the value must be set; false asks for one of them. On text the attribute must
occur in the value, as "exists in" says."""

FILTER_PATTERN_ANCHORED = False
"""§5.2 REGEX MATCH: a pattern is found anywhere in the value, as .NET does it, with a warning on save; true makes it
match the whole value."""

FILTER_LIST_ANY = False
"""§5.2 an operator without ANY or ALL on an attribute with several values: all must satisfy it, as Graph's metadata has
it (`multivaluedComparisonType`); on save ANY or ALL is asked for."""

FILTER_VALUES_ANY = True
"""§5.1 EQUALS with several values: one of them is enough; false asks for all, which no text can satisfy."""

FLOW_ALWAYS_SENDS_BY_ITSELF = False
"""§4.2 FlowAlways: such an attribute goes along with every update and causes none, as a cycle sends nothing but
changes."""

EMPTY_TEXT_FLOWS = False
"""§4.4 the empty text: it is as good as null, so it takes the default on creation, else leaves the target alone;
true sends it as it is, which most targets refuse."""

UNCONFIRMED_SOURCES = ("usageLocation",)
"""§8.2 names that the documentation does not confirm as source attributes: those that the templates' lists offer."""
