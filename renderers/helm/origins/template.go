package origins

// This file owns the printing of templates: a template's parse tree written out again, with a mark before each line of text
// and around what each action prints. White space that the template trims is gone in the tree already.

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"text/template/parse"
)

// The names of the two functions that printed templates call.
const (
	stripName = "sluiceStrip"
	printName = "sluicePrint"
)

// functions are what printed templates call.
func functions() map[string]any { return map[string]any{stripName: stripAny, printName: printed} }

// carries are the functions that hand marks on unharmed; all others get arguments without marks.
var carries = setOf(`include tpl nindent indent trim quote squote default coalesce ternary print printf toYaml toString required
	dict list set get merge mergeOverwrite deepCopy index first last append concat and or not empty tuple pick omit pluck values
	dig toJson mustToJson toRawJson mustToRawJson typeIs kindIs kindOf typeOf mustToYaml fail toYamlPretty mustMerge mustMergeOverwrite mustDeepCopy prepend
	rest initial slice compact`)

// carried are the functions through which a helper's output is still its output.
var carried = setOf("nindent indent trim")

func setOf(names string) map[string]bool {
	set := map[string]bool{}
	for _, name := range strings.Fields(names) {
		set[name] = true
	}
	return set
}

// looksAt says whether a function that hands marks on looks at its n-th argument itself: a name or a key.
func looksAt(function string, n int) bool {
	switch function {
	case "include", "pluck", "typeIs", "kindIs":
		return n == 1
	case "index", "get", "set", "slice":
		return n == 2 || function != "set" && n > 2
	case "pick", "omit":
		return n > 1
	}
	return false
}

// emitter prints one template.
type emitter struct {
	b     strings.Builder
	marks *marks
	file  string
	text  string
	// starts are the offsets that lines begin at.
	starts []int
	// valuesOnly prints no marks of its own, for a render whose values are marked.
	valuesOnly bool
}

// instrument prints a template anew. One that does not parse is left alone: rendering it is an error anyway.
func instrument(m *marks, name, file, text string, valuesOnly bool) string {
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck
	set := map[string]*parse.Tree{}
	if _, err := tree.Parse(text, "", "", set); err != nil {
		return text
	}
	e := &emitter{marks: m, file: file, text: text, valuesOnly: valuesOnly, starts: []int{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			e.starts = append(e.starts, i+1)
		}
	}
	for _, defined := range slices.Sorted(maps.Keys(set)) {
		if defined != name {
			fmt.Fprintf(&e.b, "{{define %q}}", defined)
			e.list(set[defined].Root)
			e.b.WriteString("{{end}}")
		}
	}
	if main := set[name]; main != nil {
		e.list(main.Root)
	}
	return e.b.String()
}

// at is the place of an offset in the template.
func (e *emitter) at(offset parse.Pos) spot {
	n := min(max(int(offset), 0), len(e.text))
	line := sort.SearchInts(e.starts, n+1) - 1
	return spot{file: e.file, line: line + 1, column: len([]rune(e.text[e.starts[line]:n])) + 1}
}

func (e *emitter) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		e.node(n)
	}
}

func (e *emitter) node(n parse.Node) {
	switch x := n.(type) {
	case *parse.TextNode:
		e.literal(x)
	case *parse.ActionNode:
		e.action(x)
	case *parse.IfNode:
		e.branch("if", &x.BranchNode)
	case *parse.RangeNode:
		e.branch("range", &x.BranchNode)
	case *parse.WithNode:
		e.branch("with", &x.BranchNode)
	case *parse.TemplateNode:
		fmt.Fprintf(&e.b, "{{template %q", x.Name)
		if x.Pipe != nil {
			e.b.WriteString(" " + e.pipe(x.Pipe, false))
		}
		e.b.WriteString("}}")
	case *parse.CommentNode:
	default:
		e.b.WriteString(n.String())
	}
}

// literal prints text, each line behind a mark of its place.
func (e *emitter) literal(n *parse.TextNode) {
	offset := n.Pos
	for _, part := range strings.SplitAfter(string(n.Text), "\n") {
		lead := parse.Pos(len(part) - len(strings.TrimLeft(part, " \t")))
		where := e.at(offset + lead)
		offset += parse.Pos(len(part))
		if !e.valuesOnly && strings.TrimSpace(part) != "" {
			where.verbatim = true
			part = markLines(e.marks.add(where), part)
		}
		if strings.HasSuffix(part, "{") {
			part = part[:len(part)-1] + "{{`{`}}" // or a trimmed gap would make it open an action
		}
		e.b.WriteString(part)
	}
}

func (e *emitter) action(n *parse.ActionNode) {
	text := e.pipe(n.Pipe, true)
	if len(n.Pipe.Decl) == 0 && !e.valuesOnly {
		where := e.at(n.Pos)
		before := e.text[:min(int(n.Pos), len(e.text))]
		if open := strings.LastIndex(before, "{{"); open >= 0 {
			where = e.at(parse.Pos(open))
		}
		text = fmt.Sprintf("%s %q (%s)", printName, e.marks.add(where), text)
	}
	e.b.WriteString("{{" + text + "}}")
}

func (e *emitter) branch(keyword string, n *parse.BranchNode) {
	e.b.WriteString("{{" + keyword + " " + e.pipe(n.Pipe, false) + "}}")
	e.list(n.List)
	if n.ElseList != nil {
		e.b.WriteString("{{else}}")
		e.list(n.ElseList)
	}
	e.b.WriteString("{{end}}")
}

// pipe prints a pipeline. One that is printed itself keeps the marks of the helper that it includes.
func (e *emitter) pipe(p *parse.PipeNode, isPrinted bool) string {
	var b strings.Builder
	for i, v := range p.Decl {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(v.String())
	}
	if len(p.Decl) > 0 {
		if p.IsAssign {
			b.WriteString(" = ")
		} else {
			b.WriteString(" := ")
		}
	}
	for i, c := range p.Cmds {
		name, method := called(c)
		if i > 0 {
			if name != "" && (!carries[name] || looksAt(name, len(c.Args))) || method {
				b.WriteString(" | " + stripName)
			}
			b.WriteString(" | ")
		}
		e.command(&b, c, name, method)
		if (name == "include" || name == "tpl") && !e.valuesOnly && !(isPrinted && len(p.Decl) == 0 && allCarried(p.Cmds[i+1:])) {
			b.WriteString(" | " + stripName)
		}
	}
	return b.String()
}

// command prints one call, its arguments without marks where the function looks at them.
func (e *emitter) command(b *strings.Builder, c *parse.CommandNode, name string, method bool) {
	for i, a := range c.Args {
		if i > 0 {
			b.WriteString(" ")
		}
		text := e.argument(a)
		if i > 0 && (method || name != "" && (!carries[name] || looksAt(name, i))) && computed(a) {
			text = "(" + stripName + " " + text + ")"
		}
		b.WriteString(text)
	}
}

// called tells what a command calls: a function by name, or a method.
func called(c *parse.CommandNode) (name string, method bool) {
	if id, ok := c.Args[0].(*parse.IdentifierNode); ok {
		return id.Ident, false
	}
	return "", len(c.Args) > 1
}

// computed says whether an argument may hold marks.
func computed(n parse.Node) bool {
	switch n.(type) {
	case *parse.FieldNode, *parse.VariableNode, *parse.PipeNode, *parse.ChainNode, *parse.DotNode:
		return true
	}
	return false
}

func allCarried(commands []*parse.CommandNode) bool {
	for _, c := range commands {
		if name, _ := called(c); !carried[name] {
			return false
		}
	}
	return true
}

func (e *emitter) argument(n parse.Node) string {
	switch x := n.(type) {
	case *parse.PipeNode:
		return "(" + e.pipe(x, false) + ")"
	case *parse.ChainNode:
		if p, ok := x.Node.(*parse.PipeNode); ok {
			return "(" + e.pipe(p, false) + ")." + strings.Join(x.Field, ".")
		}
	}
	return n.String()
}
