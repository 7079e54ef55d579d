// How a hand moves the map. The wheel and a finger move it only once it has the focus, so that the page can be scrolled past it.
import type MapBrowserEvent from "ol/MapBrowserEvent";
import DoubleClickZoom from "ol/interaction/DoubleClickZoom";
import DragPan from "ol/interaction/DragPan";
import type Interaction from "ol/interaction/Interaction";
import KeyboardPan from "ol/interaction/KeyboardPan";
import KeyboardZoom from "ol/interaction/KeyboardZoom";
import MouseWheelZoom from "ol/interaction/MouseWheelZoom";
import PinchZoom from "ol/interaction/PinchZoom";
import Kinetic from "ol/Kinetic";

export function interactions(target: HTMLElement): Interaction[] {
  const focused = () => target.contains(document.activeElement);
  const isMouse = (event: MapBrowserEvent) => (event.originalEvent as PointerEvent).pointerType === "mouse";
  return [
    new DoubleClickZoom(),
    new DragPan({ condition: (event) => isMouse(event) || focused(), kinetic: new Kinetic(-0.005, 0.05, 100) }),
    new PinchZoom(),
    new KeyboardPan(),
    new KeyboardZoom(),
    new MouseWheelZoom({ condition: focused }),
  ];
}
