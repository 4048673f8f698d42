package measure

import (
	"go/ast"
	"go/token"
)

// Cognitive is the cognitive complexity of a function as G. Ann Campbell defines it (SonarSource, "Cognitive
// Complexity", 2018): each break in the straight flow costs one, and one more for each level that it is nested in.
func Cognitive(fn *ast.FuncDecl) int {
	if fn.Body == nil {
		return 0
	}
	score := 0
	ast.Walk(cognition{score: &score, self: fn}, fn.Body)
	return score
}

// cognition walks a function on one level of nesting.
type cognition struct {
	score *int
	level int
	self  *ast.FuncDecl
}

func (c cognition) deeper() cognition {
	c.level++
	return c
}

func (c cognition) walk(nodes ...ast.Node) {
	for _, n := range nodes {
		ast.Walk(c, n)
	}
}

// Visit implements [ast.Visitor].
func (c cognition) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.IfStmt:
		*c.score += 1 + c.level
		c.branches(n)
		return nil
	case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
		*c.score += 1 + c.level
		return header{c}
	case *ast.FuncLit:
		return c.deeper()
	case *ast.BranchStmt:
		if n.Label != nil {
			*c.score++
		}
	case *ast.CallExpr:
		if c.recurses(n) {
			*c.score++
		}
	case *ast.BinaryExpr:
		if logical(n.Op) {
			c.sequence(n)
			return nil
		}
	}
	return c
}

// branches walks an if, whose own cost was counted, and what follows else.
func (c cognition) branches(n *ast.IfStmt) {
	if n.Init != nil {
		c.walk(n.Init)
	}
	c.walk(n.Cond)
	c.deeper().walk(n.Body)
	if n.Else == nil {
		return
	}
	*c.score++
	if next, ok := n.Else.(*ast.IfStmt); ok {
		c.branches(next)
		return
	}
	c.deeper().walk(n.Else)
}

// header walks the parts of a loop or switch: its head stands on the level of the statement and its body one below.
type header struct{ cognition }

func (h header) Visit(n ast.Node) ast.Visitor {
	if block, ok := n.(*ast.BlockStmt); ok {
		h.deeper().walk(block)
		return nil
	}
	return h.cognition.Visit(n)
}

// recurses reports whether a call is one of the function to itself.
func (c cognition) recurses(call *ast.CallExpr) bool {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return c.self.Recv == nil && f.Name == c.self.Name.Name
	case *ast.SelectorExpr:
		x, ok := f.X.(*ast.Ident)
		return ok && c.self.Recv != nil && f.Sel.Name == c.self.Name.Name && x.Name == receiverName(c.self)
	}
	return false
}

func receiverName(fn *ast.FuncDecl) string {
	if names := fn.Recv.List[0].Names; len(names) > 0 {
		return names[0].Name
	}
	return ""
}

func logical(op token.Token) bool { return op == token.LAND || op == token.LOR }

// sequence counts a chain of && and ||: one for each run of the same operator.
func (c cognition) sequence(n *ast.BinaryExpr) {
	last := token.ILLEGAL
	var flatten func(ast.Expr)
	flatten = func(e ast.Expr) {
		b, ok := e.(*ast.BinaryExpr)
		if !ok || !logical(b.Op) {
			c.walk(e)
			return
		}
		flatten(b.X)
		if b.Op != last {
			*c.score++
			last = b.Op
		}
		flatten(b.Y)
	}
	flatten(n)
}
