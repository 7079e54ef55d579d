// A component that draws again only when one of its properties is another value.
import { Component, createElement, type ComponentType, type FunctionComponent, type VNode } from "preact";

export function memo<P extends object>(inner: FunctionComponent<P>): ComponentType<P> {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const [a, b] = [this.props as Record<string, unknown>, next as Record<string, unknown>];
      return Object.keys(b).some((name) => a[name] !== b[name]) || Object.keys(a).some((name) => !(name in b));
    }

    render(): VNode {
      return createElement(inner as FunctionComponent, this.props);
    }
  };
}
