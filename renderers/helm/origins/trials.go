package origins

// This file owns trials: numbers and booleans cannot carry a mark, so they are changed, and the lines that follow are
// theirs.

import (
	"fmt"
	"slices"
	"strings"
)

// maxTrials bounds the renders of one call.
const maxTrials = 24

// followed is a line of a rendered file that follows a value.
type followed struct {
	name  string
	line  int
	value *scalar
}

// follow changes numbers, all in one render, and booleans one by one, and tells which lines follow. Only values that may be
// on a line of which nothing is known are tried.
func (s *session) follow(open map[string]map[string]bool) []followed {
	var numbers, likely, booleans []*scalar
	s.eachValue(func(v *scalar) {
		switch keys := open[v.text]; {
		case keys == nil:
		case v.kind == isInteger:
			numbers = append(numbers, v)
		case v.kind == isBoolean && keys[v.keys[len(v.keys)-1]]:
			likely = append(likely, v)
		case v.kind == isBoolean:
			booleans = append(booleans, v)
		}
	})
	trials := 0
	found := s.count(numbers, &trials)
	for _, b := range append(likely, booleans...) {
		found = append(found, s.flip(b, &trials)...)
	}
	return found
}

// count gives numbers that no one else has; what breaks the render is tried by halves.
func (s *session) count(numbers []*scalar, trials *int) []followed {
	if len(numbers) == 0 || len(numbers) > 200000 || *trials >= maxTrials {
		return nil
	}
	*trials++
	unique := map[string]string{}
	byText := map[string]*scalar{}
	for i, n := range numbers {
		text := fmt.Sprint(731000 + i) // templates print seven digits with an exponent
		unique[n.id()], byText[text] = text, n
	}
	rendered, err := s.renderValues(func(v *scalar, _ string) (string, bool) {
		text, do := unique[v.id()]
		return text, do
	})
	if err != nil || !s.sameLines(rendered) {
		if len(numbers) == 1 {
			return nil
		}
		half := len(numbers) / 2
		return append(s.count(numbers[:half], trials), s.count(numbers[half:], trials)...)
	}
	var found []followed
	s.eachChange(rendered, func(name string, line int, _, now string) {
		for _, word := range strings.FieldsFunc(now, func(r rune) bool { return r < '0' || r > '9' }) {
			if n := byText[word]; n != nil {
				found = append(found, followed{name, line, n})
			}
		}
	})
	return found
}

// flip turns a boolean around. A line that follows shows it.
func (s *session) flip(b *scalar, trials *int) []followed {
	if *trials >= maxTrials {
		return nil
	}
	*trials++
	other := map[string]string{"true": "false", "false": "true"}[b.text]
	rendered, err := s.renderValues(func(v *scalar, _ string) (string, bool) { return other, v.id() == b.id() && other != "" })
	if err != nil || !s.sameLines(rendered) {
		return nil
	}
	var found []followed
	s.eachChange(rendered, func(name string, line int, was, now string) {
		if strings.Replace(was, b.text, other, 1) == now {
			found = append(found, followed{name, line, b})
		}
	})
	return found
}

// id tells scalars apart.
func (v *scalar) id() string { return fmt.Sprintf("%s:%d:%q", v.file, v.line, v.keys) }

// sameLines says whether a render has the same files with the same number of lines.
func (s *session) sameLines(rendered map[string]string) bool {
	if len(rendered) != len(s.clean) {
		return false
	}
	for name, text := range s.clean {
		other, ok := rendered[name]
		if !ok || strings.Count(text, "\n") != strings.Count(other, "\n") {
			return false
		}
	}
	return true
}

// eachChange visits the lines that another render has otherwise, in order.
func (s *session) eachChange(rendered map[string]string, visit func(name string, line int, was, now string)) {
	for _, name := range s.names() {
		was, now := s.lines(name), strings.Split(rendered[name], "\n")
		for i := range was {
			if was[i] != now[i] {
				visit(name, i, was[i], now[i])
			}
		}
	}
}

// names lists the rendered files.
func (s *session) names() []string {
	var names []string
	for name := range s.clean {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
